import { type ImportReport, importDataset, parseFeatureSpec } from '@pinsage/graph';
import type { Context } from '../context.js';
import type { ImportFlags } from '../flags.js';
import { count, duration } from '../format.js';

/** `pinsage import <edges...>` */
export async function importFiles(edges: string[], flags: ImportFlags, { terminal, signal }: Context): Promise<void> {
  const progress = terminal.progress('Importing', 'parts');
  const report = await importDataset({
    edges,
    pin: flags.pin,
    board: flags.board,
    time: flags.time,
    weight: flags.weight,
    pins: flags.pins,
    pinId: flags.pinId,
    boardsFile: flags.boards,
    boardId: flags.boardId,
    boardType: flags.boardType,
    features: (flags.feature ?? []).map(parseFeatureSpec),
    boardFeatures: (flags.boardFeature ?? []).map(parseFeatureSpec),
    title: flags.title,
    image: flags.image,
    duplicates: flags.duplicates,
    skipBadRows: flags.skipBadRows,
    memory: flags.memory,
    force: flags.force,
    out: flags.out,
    signal,
    onProgress: (done, total) => progress.update(done, total),
  }).finally(() => progress.stop());
  terminal.say(describe(report));
  terminal.result(report);
}

/** What is in it, and whatever was unusual. */
function describe(report: ImportReport): string {
  const { directory, pins, boards, edges, seconds, badRows } = report;
  const remarks: [number, string][] = [
    [report.duplicateEdges, 'edges were there before and were joined'],
    [report.pinsWithoutEdges, 'pins have no edges'],
    [report.pinsNotInFile, 'pins are not in the file of the pins: they have no features'],
    [report.boardsWithoutEdges, 'boards have no edges and were left out'],
    ...Object.entries(report.missing).map(([name, missing]): [number, string] => [missing, `pins have no ${name}`]),
    ...Object.entries(report.boardMissing).map(([name, missing]): [number, string] => [
      missing,
      `boards have no ${name}`,
    ]),
    ...Object.entries(report.boardTypes).map(([name, boards]): [number, string] => [
      boards,
      `boards are of the type ${name}`,
    ]),
    ...report.vectorFiles.flatMap(({ of, feature, unknown, notFinite }): [number, string][] => [
      [unknown, `vectors of ${feature} are of no ${of} in the dataset and were left out`],
      [notFinite, `vectors of ${feature} hold a NaN or an infinity and count as missing`],
    ]),
    [badRows.count, 'rows could not be read and were left out:'],
  ];
  return [
    `${directory}: ${count(pins)} pins on ${count(boards)} boards, ${count(edges)} edges, in ${duration(seconds * 1000)}`,
    ...remarks.filter(([times]) => times > 0).map(([times, remark]) => `  ${count(times)} ${remark}`),
    ...badRows.shown.map(({ source, line, row, reason }) => `    ${source}:${line ?? row}: ${reason}`),
    '',
    `Next: pinsage train ${directory}`,
  ].join('\n');
}
