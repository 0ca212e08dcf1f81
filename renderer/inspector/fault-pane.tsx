// FAULT: why an event came, step by step, with the guilty step marked and ways to what it names.

import type { ReactElement } from 'react';
import type { ExplanationDto } from '../../sim/protocol/inspect.ts';
import { classes, copyText } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import { jumpTo } from '../workbench/jump.ts';
import { showMemory } from './actions.ts';
import type { ExplanationLine, Segment } from './explanation-text.ts';
import { explanationParts } from './explanation-text.ts';
import { FaultWalk } from './fault-walk.tsx';
import { Link, Pane, SCROLLS, useFollow } from './parts.tsx';

/** The explanation of the chosen event. */
export function FaultPane(): ReactElement {
  const { inspector } = useWorkbench();
  const { fault } = inspector;
  useFollow(fault);
  const explanation = useStore(fault.explanation);
  return (
    <Pane
      name="fault"
      label="Fault"
      view={fault}
      bar={explanation !== undefined && <FaultBar />}
      empty={explanation === undefined ? 'No event came in this run: nothing faulted.' : undefined}
    >
      {explanation !== undefined && (
        <section
          className="fault-text"
          {...SCROLLS}
          aria-label={`Explanation of event ${explanation.event}`}
        >
          <Explained explanation={explanation} />
        </section>
      )}
    </Pane>
  );
}

/** What happened, the walk, the answer; then the bytes of each step, which may be many. */
function Explained({ explanation }: { readonly explanation: ExplanationDto }): ReactElement {
  const { head, steps, answer } = explanationParts(explanation.lines);
  return (
    <>
      <Lines lines={head} />
      {explanation.walk !== undefined && <FaultWalk walk={explanation.walk} />}
      <Lines lines={answer} />
      <Lines lines={steps} />
    </>
  );
}

function Lines({ lines }: { readonly lines: readonly ExplanationLine[] }): ReactElement[] {
  return lines.map(({ segments, guilty }, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity
    <div key={at} className={classes('fault-line', guilty && 'is-guilty')}>
      {segments.map((segment, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
        <Piece key={index} segment={segment} />
      ))}
    </div>
  ));
}

function FaultBar(): ReactElement | null {
  const { inspector, commands } = useWorkbench();
  const explanation = useStore(inspector.fault.explanation);
  if (explanation === undefined) {
    return null;
  }
  const { event, events } = explanation;
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label="Previous event"
        title="Previous event"
        disabled={event <= 1}
        onClick={() => commands.run('inspect.previousEvent')}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Next event"
        title="Next event"
        disabled={event >= events}
        onClick={() => commands.run('inspect.nextEvent')}
      >
        <Icon name="down" />
      </button>
      <output className="inspector-count">
        event {event} of {events}
      </output>
      <span className="status-space" />
      <button
        type="button"
        className="bar-button"
        title="Copy the explanation as text"
        onClick={() => copyText(inspector.fault.text)}
      >
        <Icon name="copy" /> Copy as text
      </button>
    </>
  );
}

function Piece({ segment }: { readonly segment: Segment }): ReactElement {
  const workbench = useWorkbench();
  const { text, place, pa } = segment;
  if (place !== undefined) {
    return (
      <Link title="Go to this line" onClick={() => jumpTo(workbench, place)}>
        {text}
      </Link>
    );
  }
  if (pa !== undefined) {
    return (
      <Link title="Show this memory" onClick={() => showMemory(workbench, pa)}>
        {text}
      </Link>
    );
  }
  return <span>{text}</span>;
}
