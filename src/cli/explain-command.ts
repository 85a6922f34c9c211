import type { Command } from 'commander';
import { budgetFor } from '../memory/process-memory.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { BoundNode } from '../planner/bound-plan.ts';
import type { UdfModules } from '../udf/udf-modules.ts';
import { addResourceOptions, type ResourceOptions } from './resource-options.ts';
import type { Terminal } from './terminal.ts';
import { addUdfOption } from './udf-option.ts';

interface ExplainOptions extends ResourceOptions {
  readonly udf: UdfModules;
  readonly analyze?: true;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ millrace explain task.json
  $ millrace explain task.json --analyze --memory 512MB`;

/** `millrace explain`: the plan as it is executed. */
export function addExplainCommand(program: Command, terminal: Terminal): Command {
  const command = program
    .command('explain')
    .description('Show how a task is executed: its operators, the last one first.')
    .argument('<task.json>', 'the task, or - for standard input')
    .option('--analyze', 'run the task, writes included, and show what each operator did')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((path: string, options: ExplainOptions) => explain(path, options, terminal));
  return addUdfOption(addResourceOptions(command));
}

async function explain(
  path: string,
  { memory, threads, udf: udfs, analyze, json }: ExplainOptions,
  terminal: Terminal,
): Promise<void> {
  const memoryBytes = budgetFor(memory);
  const [{ readTask }, { explainPlan }, { schemaText }] = await Promise.all([
    import('./task-document.ts'),
    import('../planner/explain.ts'),
    import('../columnar/schema.ts'),
  ]);
  const task = await readTask(path, terminal.signal);
  const { plan, bound } = await boundPlan(task, terminal);
  const text = [explainPlan(bound), ...(threads > 1 ? [await threadsText(plan, threads)] : [])].join('\n\n');
  const { executeWithProgress } = await import('./task-execution.ts');
  const statistics = analyze && (await executeWithProgress(task, { memoryBytes, threads, udfs }, terminal)).statistics;
  if (json) {
    await terminal.write(`${JSON.stringify({ plan: text, schema: bound.schema.fields, statistics })}\n`);
    return;
  }
  await terminal.write(`${text.trimEnd()}\n\nresult: ${schemaText(bound.schema)}\n`);
  if (statistics === undefined) return;
  const { renderStats } = await import('../stats/render-stats.ts');
  await terminal.write(`\n${renderStats(statistics)}`);
}

/** The plan with its names looked up, and filters and columns where the scans can use them. */
async function boundPlan(
  task: Awaited<ReturnType<typeof import('./task-document.ts')['readTask']>>,
  terminal: Terminal,
): Promise<{ readonly plan: PlanNode; readonly bound: BoundNode }> {
  const [{ loadAndBind }, { pushDown }, { loadPlan }] = await Promise.all([
    import('../planner/load-and-bind.ts'),
    import('../planner/push-down.ts'),
    import('./load-plan.ts'),
  ]);
  const plan = await loadPlan(task, terminal.signal);
  return { plan, bound: pushDown(await loadAndBind(plan, task)) };
}

async function threadsText(plan: PlanNode, threads: number): Promise<string> {
  const { explainInThreads } = await import('../threads/explain-in-threads.ts');
  return explainInThreads(plan, threads, () => undefined);
}
