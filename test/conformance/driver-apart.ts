// Configurations of the recorded traces that are left out by name, because they exercise only what stands
// around the driver (firmware glue, failing platform calls), with the reason. README-driver.md allows it.

const APART: readonly (readonly [RegExp, string])[] = [
  [/^fw-/, 'device-tree properties are not modelled: firmware describes the SMMU to the kernel'],
  [/^acpi/, 'ACPI tables are not modelled'],
  [/^opt-page0/, 'the register window of one silicon erratum is not modelled'],
  [/^kdump/, 'a kernel started after a crash is not modelled'],
];

/** The reason why a configuration is left out, or undefined. */
export function leftOut(name: string): string | undefined {
  return APART.find(([pattern]) => pattern.test(name))?.[1];
}
