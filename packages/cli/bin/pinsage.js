#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  console.error(`pinsage: Node.js ${process.versions.node} is too old; 20.17 or newer is needed.`);
  process.exit(1);
}
try {
  const { main } = await import('../dist/main.js');
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Only what keeps the program from loading gets here, such as an addon that is not built.
  console.error(`pinsage: ${error.message.split('\n')[0]} [${error.code ?? 'INTERNAL'}]`);
  console.error('`npm run setup` in the repository builds what is missing.');
  process.exitCode = 1;
}
