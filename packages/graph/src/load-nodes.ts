import { PinSageError } from '@pinsage/native';
import type { BadRows } from './bad-rows.js';
import { type Database, identifier, literal } from './database.js';
import type { FeatureSpec } from './feature-column.js';
import { load, type Problem, type Selected, sift } from './load.js';
import { column, type Source } from './source.js';

/** A pins or boards file, loaded. */
export interface NodeTable {
  /** The file as the caller named it. */
  name: string;
  table: string;
  /** The file's rows, and others that could not even be split into columns. */
  rows: number;
  rejected: number;
  /** Columns for people, as they are named in the table and will be in the Parquet file. */
  columns: { name: string; as: string }[];
  /** The length of each dense feature's vectors. */
  widths: Map<string, number>;
}

const RESERVED = ['row', 'id'];

/**
 * Reads a pins or boards file into a table: `_id` as text, the features as `_feature0`…, parsed, and all other columns.
 * Rows whose id is missing or was there before are bad, and so are values that are not of their feature's kind.
 */
export async function loadNodes(
  database: Database,
  source: Source,
  table: string,
  id: { argument: string; name: string },
  { argument, specs: features }: { argument: string; specs: FeatureSpec[] },
  badRows: BadRows,
): Promise<NodeTable> {
  const idColumn = identifier(column(source, id.argument, id.name));
  const selected: Selected = { _id: `CAST(${idColumn} AS VARCHAR)` };
  features.forEach((feature, i) => {
    selected[featureColumn(i)] = parse(feature, source.columns.get(column(source, argument, feature.name))!);
  });
  const dense = features.filter(({ kind }) => kind === 'dense').map(({ name }) => name);
  const columns = [...source.columns.keys()]
    .filter((name) => name !== id.name && !dense.includes(name))
    .map((name) => ({ name, as: freeName(name, source) }));
  for (const { name, as } of columns) selected[as] = identifier(name);
  // Whether a cell that gives no vector is empty, or not a vector.
  for (const name of dense) selected[`_given_${name}`] = `${identifier(name)} IS NOT NULL`;
  await load(database, source, table, selected);

  const { rows } = await database.row<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`);
  const { count: rejected } = await source.rejects();
  const widths = await vectorWidths(database, source, table, argument, features);
  await sift(database, source, table, [...idProblems(id.name), ...featureProblems(features, columns, widths)], badRows);
  return { name: source.name, table, rows, rejected, columns, widths };
}

export function featureColumn(index: number): string {
  return `_feature${index}`;
}

function parse(feature: FeatureSpec, type: string): string {
  const name = identifier(feature.name);
  if (feature.kind === 'number') return `TRY_CAST(${name} AS DOUBLE)`;
  if (feature.kind === 'dense') return `TRY_CAST(${name} AS FLOAT[])`;
  // A list's own text form is ambiguous; its JSON is not.
  return /\[\d*\]$/.test(type) ? `CAST(to_json(${name}) AS VARCHAR)` : `CAST(${name} AS VARCHAR)`;
}

/** A column of the file that is called as one of ours gets a number. */
function freeName(name: string, source: Source): string {
  if (!RESERVED.includes(name.toLowerCase())) return name;
  let free = `${name}_2`;
  for (let n = 3; source.columns.has(free); n++) free = `${name}_${n}`;
  return free;
}

async function vectorWidths(
  database: Database,
  source: Source,
  table: string,
  argument: string,
  features: FeatureSpec[],
): Promise<Map<string, number>> {
  const widths = new Map<string, number>();
  for (const [i, { name, kind }] of features.entries()) {
    if (kind !== 'dense') continue;
    const column = featureColumn(i);
    const first = await database.row<{ width: number } | undefined>(
      `SELECT len(${column}) AS width FROM ${table} WHERE len(${column}) > 0 ORDER BY _row LIMIT 1`,
    );
    if (first === undefined) {
      throw new PinSageError('INVALID_ARGUMENT', `No row of ${source.name} has a vector in '${name}'.`, {
        argument,
      });
    }
    widths.set(name, first.width);
  }
  return widths;
}

function idProblems(name: string): Problem[] {
  return [
    { when: `coalesce(_id, '') = ''`, reason: literal(`it has no id (column '${name}')`) },
    {
      when: 'row_number() OVER (PARTITION BY _id ORDER BY _row) > 1',
      reason: `'the id ' || _id || ' was there before'`,
    },
  ];
}

function featureProblems(
  features: FeatureSpec[],
  columns: NodeTable['columns'],
  widths: Map<string, number>,
): Problem[] {
  return features.flatMap(({ name, kind }, i): Problem[] => {
    const value = featureColumn(i);
    if (kind === 'number') {
      const raw = columns.find((column) => column.name === name);
      // The id itself may be a feature; it has no column of its own.
      const text = `CAST(${identifier(raw?.as ?? '_id')} AS VARCHAR)`;
      const says = (message: string) => `${literal(`'${name}' is `)} || ${text} || ${literal(message)}`;
      return [
        { when: `${value} IS NULL AND trim(${text}) <> ''`, reason: says(', not a number') },
        {
          when: `${value} IS NOT NULL AND NOT coalesce(isfinite(TRY_CAST(${value} AS FLOAT)), false)`,
          reason: says(', not a finite number'),
          notFinite: true,
        },
      ];
    }
    if (kind !== 'dense') return [];
    const width = widths.get(name)!;
    return [
      {
        when: `${identifier(`_given_${name}`)} AND (${value} IS NULL OR list_count(${value}) < len(${value}))`,
        reason: literal(`'${name}' is not a list of numbers`),
      },
      {
        when: `len(${value}) <> ${width}`,
        reason: `${literal(`'${name}' has `)} || len(${value}) || ' numbers, and the first row with one has ${width}'`,
      },
      {
        when: `len(list_filter(${value}, lambda x: NOT isfinite(x))) > 0`,
        reason: literal(`'${name}' holds a NaN or an infinity`),
        notFinite: true,
      },
    ];
  });
}
