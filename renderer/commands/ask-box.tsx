// A question that must be answered before anything else, e.g. about unsaved changes.

import type { ReactElement } from 'react';
import { useEffect, useRef } from 'react';
import { useStore } from '../base/store.ts';
import type { AskRequest, Prompts } from './quick-pick.ts';

/** Shows the question that is asked, if any. */
export function AskBox({ prompts }: { readonly prompts: Prompts }): ReactElement | null {
  const request = useStore(prompts.ask);
  return request === undefined ? null : <Question request={request} />;
}

function Question({ request }: { readonly request: AskRequest }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const answer = (chosen: string): void => {
    dialog.current?.close();
    request.done(chosen);
  };
  return (
    <dialog
      ref={dialog}
      className="ask"
      aria-labelledby="ask-message"
      aria-describedby="ask-detail"
      onCancel={() => answer(request.answers.at(-1) ?? '')}
    >
      <h2 id="ask-message">{request.message}</h2>
      <p id="ask-detail">{request.detail}</p>
      <div className="ask-answers">
        {request.answers.map((text, index) => (
          <button
            key={text}
            type="button"
            className={index === 0 ? 'primary' : 'secondary'}
            onClick={() => answer(text)}
          >
            {text}
          </button>
        ))}
      </div>
    </dialog>
  );
}
