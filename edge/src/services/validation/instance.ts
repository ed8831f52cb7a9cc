// Names of the Workflow instances that validate a dataset: DATASET-VALIDATION-START. A validation that was broken off is started
// again and goes on from its last slice; one that was asked for anew begins at the first.

export const firstValidation = (dataset: string) => `${dataset}-1-0`;

function partsOf(instance: string): { dataset: string; validation: number; start: number } {
  const [, dataset, validation, start] = /^(.*)-(\d+)-(\d+)$/.exec(instance) ?? [];
  if (dataset === undefined) throw new Error(`${instance} is not the name of a validation`);
  return { dataset, validation: Number(validation), start: Number(start) };
}

export function nextValidation(instance: string): string {
  const { dataset, validation } = partsOf(instance);
  return `${dataset}-${validation + 1}-0`;
}

export function nextStart(instance: string): string {
  const { dataset, validation, start } = partsOf(instance);
  return `${dataset}-${validation}-${start + 1}`;
}

/** What all starts of a validation have in common. */
export function validationOf(instance: string): string {
  return String(partsOf(instance).validation);
}
