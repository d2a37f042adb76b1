import { checkInteger, type TaskOptions, usableMemory } from '@pinsage/native';
import type { BadRow } from './bad-rows.js';
import type { FeatureSpec } from './feature-column.js';

/** Inputs are CSV, TSV, JSON lines or Parquet files (text files also gzipped), or DuckDB queries (SELECT, FROM or WITH …). */
export interface ImportOptions extends TaskOptions {
  /** One row a pin–board edge. */
  edges: string | string[];
  /** Columns of the edges: the pin's and the board's id, integers or texts. */
  pin: string;
  board: string;
  /** Column of the edges: whole numbers in any unit, or dates, which are stored as seconds since 1970. */
  time?: string;
  /** Column of the edges: how much an edge counts, 0 or 1e-30 to 1e30. Default: all the same. */
  weight?: string;
  /** One row a pin, pins without edges included. Default: the pins are those of the edges. */
  pins?: string;
  /** Column of the pins. Default: as `pin`. */
  pinId?: string;
  /** One row a board; those without edges are left out. */
  boardsFile?: string;
  /** Column of boardsFile. Default: as `board`. */
  boardId?: string;
  /**
   * Column of boardsFile, or of the edges where there is no boardsFile, that says of which type a board is: playlist, album, user …,
   * at most 256. Boards without one are of the type `other`. Default: boards have no types.
   */
  boardType?: string;
  /** Columns of boardsFile that the model may see. */
  boardFeatures?: FeatureSpec[];
  /** Columns of the pins that the model will see. Ids and addresses are none: they may give the answer away. */
  features?: FeatureSpec[];
  /** Column of the pins to show. Default: `title` or `name`, if there is one. */
  title?: string;
  /** Column of the pins with an image's address. Default: `image`, `image_url` or `thumbnail_url`, if there is one. */
  image?: string;
  /** The dataset's directory. */
  out: string;
  /** What becomes of an edge that is there more than once: one edge, or the sum of the weights (1 each). Default `merge`. */
  duplicates?: 'merge' | 'sum';
  /** Leave out rows that cannot be used, and count them, instead of stopping. Default false. */
  skipBadRows?: boolean;
  /** Replace a dataset of this name, splits included. Default false. */
  force?: boolean;
  /**
   * Bytes of memory that the import may take, beside some 50 for each pin and board; what does not fit goes to files in `out`. Half of
   * it is DuckDB's limit, a quarter sorts edges. 64 MiB or more. Default: half of the machine's memory or, where that is less, of the
   * control group's.
   */
  memory?: number;
  /** Words about where the data comes from, for the manifest. */
  note?: string;
  /** The name by which prepareCollection knows its own datasets. */
  collection?: string;
}

/** `memory` of an import or a split, with its default. */
export function checkMemory(memory = Math.floor(usableMemory / 2)): number {
  return checkInteger('memory', memory, 2 ** 26, Number.MAX_SAFE_INTEGER);
}

export interface ImportReport {
  directory: string;
  pins: number;
  boards: number;
  edges: number;
  /** Edges that were there before. */
  duplicateEdges: number;
  pinsWithoutEdges: number;
  /** Pins that only the edges name: they have no features. 0 without a pins file. */
  pinsNotInFile: number;
  /** Boards of boardsFile that were left out because no edge names them. */
  boardsWithoutEdges: number;
  /** Boards by type; empty without `boardType`. */
  boardTypes: Record<string, number>;
  /** Rows that were left out, with the first ten. */
  badRows: { count: number; shown: BadRow[] };
  /** Pins without a value, by feature. */
  missing: Record<string, number>;
  /** Boards without a value, by feature. */
  boardMissing: Record<string, number>;
  /** Vectors that came from files of their own. */
  vectorFiles: {
    of: 'pins' | 'boards';
    feature: string;
    file: string;
    /** How many the file has. */
    vectors: number;
    /** Of them, those of no pin (or board with edges) of the dataset: they were left out. */
    unknown: number;
    /** Of the others, those with a NaN or an infinity: they count as missing. */
    notFinite: number;
  }[];
  seconds: number;
}
