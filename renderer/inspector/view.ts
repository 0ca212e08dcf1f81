// What all views of the inspector share: a value that follows the session, and why there is none.

import type { Disposable } from '../../sim/base/disposable.ts';
import type { InspectAnswer, InspectRequest } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import { RefreshLoop } from './refresh-loop.ts';

/** Asks about the session that runs or ran last. Rejected when there is none. */
export type Ask = (request: InspectRequest) => Promise<InspectAnswer>;

/** The answer to a question of one kind. */
export type AnswerOf<K extends InspectAnswer['kind']> = Extract<InspectAnswer, { kind: K }>;

/** Asks and takes the answer of the same kind. @throws Error when there is no session */
export async function askFor<K extends InspectRequest['kind']>(
  ask: Ask,
  request: Extract<InspectRequest, { kind: K }>,
): Promise<AnswerOf<K>> {
  const answer = await ask(request);
  if (answer.kind !== request.kind) {
    throw new Error(`asked for ${request.kind}, answered with ${answer.kind}`);
  }
  return answer as AnswerOf<K>;
}

/** A view that can be followed and refreshed. */
export abstract class View {
  readonly #loop: RefreshLoop;
  protected readonly ask: Ask;
  /** Why there is nothing to show; undefined when there is. */
  readonly problem = new Store<string | undefined>(undefined);

  constructor(ask: Ask) {
    this.ask = ask;
    this.#loop = new RefreshLoop(() => this.#load());
  }

  /** Somebody looks at the view, until the result is disposed. */
  follow(): Disposable {
    return this.#loop.follow();
  }

  /** The session went on: ask again, now or when somebody looks. */
  refresh(): void {
    void this.#loop.request();
  }

  /** The same, settled when the answer is there; at once when nobody looks. */
  refreshed(): Promise<void> {
    return this.#loop.request();
  }

  /** Another session: nothing of the old one is a "before" any more. */
  abstract restart(): void;

  /** Asks and stores. */
  protected abstract load(): Promise<void>;

  async #load(): Promise<void> {
    try {
      await this.load();
      this.problem.set(undefined);
    } catch (error) {
      this.problem.set(error instanceof Error ? error.message : String(error));
    }
  }
}
