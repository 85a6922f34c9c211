#!/usr/bin/env node
/** The program `millrace`. Looks at the version of Node before it loads anything that needs a new one. */

const [major = '0'] = process.versions.node.split('.');
if (Number(major) < 24) {
  process.stderr.write(`millrace needs Node 24 or later, and this is Node ${process.versions.node}.\n`);
  process.exitCode = 1;
} else {
  // Compiled code is kept in the system's temporary directory: a third of the time of a short run was spent compiling.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { runProgram } = await import('./program.ts');
  process.exitCode = await runProgram(process.argv.slice(2));
}
