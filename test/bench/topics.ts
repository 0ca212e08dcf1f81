// Every topic of the benchmarks. A new one is one line here.

import type { Topic } from './measure.ts';

/** Loads the topics in the order they run. */
export async function loadTopics(): Promise<readonly Topic[]> {
  return [
    (await import('./translation.ts')).translationTopic,
    (await import('./dma.ts')).dmaTopic,
    (await import('./pasids.ts')).pasidsTopic,
    (await import('./kernel.ts')).kernelTopic,
    (await import('./session.ts')).sessionTopic,
    { name: 'iopt', run: async () => ({ ...(await import('./iopt.ts')).benchIopt() }) },
    (await import('./trace.ts')).traceTopic,
    (await import('./debug.ts')).debugTopic,
    (await import('./window.ts')).windowTopic,
    (await import('./window.ts')).killsTopic,
    (await import('./window.ts')).viewsTopic,
  ];
}
