import type { Recommender } from '@pinsage/inference';

/** Boards as the explorer names them: with a title, which is their id where they have none. */
export async function boardRecords({ catalogue, dataset }: Recommender, boards: { board: number; size: number }[]) {
  const { boardTitle } = dataset.manifest.columns;
  const described = await catalogue.describeBoards(
    boards.map(({ board }) => board),
    boardTitle === undefined ? [] : [boardTitle],
  );
  return described.map((record, i) => {
    const title = boardTitle === undefined ? undefined : record[boardTitle];
    return { id: String(record.id), title: String(title || `Board ${record.id}`), size: boards[i].size };
  });
}
