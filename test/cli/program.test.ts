import { describe, expect, test } from 'vitest';
import { cli, startCli } from './cli.ts';

describe('millrace', () => {
  test('explains itself, with an example of every command', async () => {
    const { code, stdout, stderr } = await cli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['run', 'explain', 'inspect', 'schema', 'functions', 'clean']) {
      expect(stdout).toMatch(new RegExp(`^  \\$ millrace ${command} .*   .*$`, 'm'));
    }
  });

  test.each(['run', 'explain', 'inspect', 'schema', 'functions', 'clean'])(
    '%s --help has an example of its own',
    async (command) => {
      const { code, stdout } = await cli([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`$ millrace ${command} `);
    },
  );

  test.each([
    { args: [], says: 'Usage: millrace' },
    { args: ['grind'], says: "unknown command 'grind'" },
    { args: ['run'], says: "missing required argument 'task.json'" },
    { args: ['run', 'a', 'b'], says: 'too many arguments' },
    { args: ['run', 'a', '--fast'], says: "unknown option '--fast'" },
    { args: ['run', 'a', '--format', 'xml'], says: 'Allowed choices are table, json, csv, arrow' },
    { args: ['run', 'a', '--json', '--format', 'csv'], says: 'cannot be used with' },
    { args: ['run', 'a', '--memory', 'lots'], says: 'A size looks like 512MB or 1GiB' },
    { args: ['run', 'a', '--threads', '0'], says: 'From 1 to 64 threads are possible' },
    { args: ['run', 'a', '--limit', '-1'], says: 'A whole number is wanted' },
    { args: ['clean', 'a', '--older-than', 'yesterday'], says: 'An age looks like 24h' },
  ])('wrong usage $args ends with 2 and says why', async ({ args, says }) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  test('a process too small for Node itself is a failure, by name', async () => {
    const { code, stdout, stderr } = await cli(['run', 'a', '--memory', '1MB']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^millrace: InvalidArgument: A process of 1000000 bytes is too small/);
  });

  test('lists the functions, and explains one with its examples', async () => {
    const all = JSON.parse((await cli(['functions', '--json'])).stdout) as { name: string }[];
    expect(all.map(({ name }) => name)).toContain('starts_with');
    const { code, stdout } = await cli(['functions', 'starts_with']);
    expect(code).toBe(0);
    expect(stdout).toContain("starts_with('PROMO BRASS', 'PROMO') = true");
    const both = await cli(['functions', 'concat']);
    expect(both.stdout).toContain("concat('order ', '7') = 'order 7'");
    expect(both.stdout).toContain("concat(x) of 'a', null, 'b' = 'ab'");
    const wrong = await cli(['functions', 'start_with']);
    expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain('starts_with');
  });

  test('prints the version of the package', async () => {
    const { code, stdout } = await cli(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('says what it needs where Node is too old', async () => {
    const old = 'Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.11.0"}})';
    const { code, stderr } = await cli(['--help'], { node: ['--import', `data:text/javascript,${old}`] });
    expect(code).toBe(1);
    expect(stderr).toBe('millrace needs Node 24 or later, and this is Node 20.11.0.\n');
  });

  test('Ctrl-C ends it, while it waits for a task, with 130', async () => {
    const child = startCli(['run', '-']);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.stdin.write('{');
    // Its modules are loaded by then; an earlier signal would end Node itself.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(stderr).toBe('millrace: interrupted; nothing that was being written is visible.\n');
  });
});
