#!/usr/bin/env node
// Without arguments: Arrow streams from standard input to standard output. With `describe <dataset> <run>`: what the driver plans by.
try {
  const { main } = await import('../dist/main.js');
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Only what keeps the program from loading gets here, such as an addon that is not built.
  console.error(`pinsage-spark-worker: ${error.message.split('\n')[0]} [${error.code ?? 'INTERNAL'}]`);
  process.exitCode = 1;
}
