import { sameType, typeName } from '../columnar/data-type.ts';
import { InvalidArgument } from '../errors.ts';
import { type LoadedUdf, loadUdf, type UdfModules, type UdfName } from '../udf/udf-modules.ts';
import type { BoundNode } from './bound-plan.ts';
import { nodeInputs } from './node-inputs.ts';

/**
 * Loads the user-defined functions that `plan` names, before anything of it runs.
 * @throws InvalidArgument where one is not registered, or returns something else than the plan says.
 */
export async function loadUdfs(
  plan: BoundNode,
  modules: UdfModules,
): Promise<(name: UdfName) => LoadedUdf | undefined> {
  const loaded = new Map<string, LoadedUdf>();
  const load = async (node: BoundNode): Promise<void> => {
    if (node.kind === 'udf-project') {
      const { udf: name, returns } = node;
      const found = loaded.get(keyOf(name)) ?? (await loadUdf(modules, name));
      loaded.set(keyOf(name), found);
      const { returns: declared } = found.udf.options;
      if (!sameType(declared, returns)) {
        throw new InvalidArgument(
          `The plan says that ${name.module}.${name.export} returns ${typeName(returns)}, and its definition says ${typeName(declared)}.`,
        );
      }
    }
    for (const input of nodeInputs(node)) await load(input);
  };
  await load(plan);
  return (name) => loaded.get(keyOf(name));
}

const keyOf = (name: UdfName): string => JSON.stringify([name.module, name.export]);
