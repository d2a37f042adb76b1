import { generateTables } from '@pinsage/graph';
import type { Context } from '../context.js';
import type { GenerateFlags } from '../flags.js';
import { duration } from '../format.js';

/** `pinsage generate` */
export async function generate(flags: GenerateFlags, { terminal, signal }: Context): Promise<void> {
  const started = performance.now();
  const progress = terminal.progress('Generating', 'tables');
  const tables = await generateTables({
    pins: flags.pins,
    boards: flags.boards,
    edges: flags.edges,
    vectors: flags.vectors,
    times: flags.times,
    seed: flags.seed,
    memory: flags.memory,
    out: flags.out,
    signal,
    onProgress: (done, total) => progress.update(done, total),
  }).finally(() => progress.stop());
  const seconds = (performance.now() - started) / 1000;
  terminal.say(
    [
      `${Object.values(tables).join(', ')}, in ${duration(seconds * 1000)}`,
      '',
      `Next: pinsage import ${tables.edges} --pin pin --board board ${flags.times ? '--time time ' : ''}\\`,
      `        --pins ${tables.pins} --feature topic:categories --feature year:number \\`,
      ...(tables.vectors === undefined ? [] : [`        --feature vector:dense=${tables.vectors} \\`]),
      '        --out data/generated',
    ].join('\n'),
  );
  terminal.result({ ...tables, seconds });
}
