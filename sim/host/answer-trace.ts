// Gives each question about a trace to the view that knows.

import type { TraceAnswer, TraceRequest } from '../protocol/trace.ts';
import type { TraceView } from '../trace/view/trace-view.ts';

/** What is said of a trace as a whole, beside its records. */
export interface TraceRemarks {
  /** Why newer records are missing. */
  readonly problem?: string;
  /** Which groups of records were left out on purpose. */
  readonly leftOut?: string;
}

/** The answer to one question. */
export function answerTrace(
  view: TraceView,
  request: TraceRequest,
  remarks: TraceRemarks = {},
): TraceAnswer {
  switch (request.kind) {
    case 'head': {
      const head = view.head(request.filter);
      return { kind: 'head', head: { ...head, ...remarks } };
    }
    case 'list':
      return { kind: 'list', ...view.list(request.filter, request.from, request.count) };
    case 'lanes':
      return { kind: 'lanes', picture: view.lanes(request.filter, request) };
    case 'chain':
      return { kind: 'chain', chain: view.chain(request.filter, request.id) };
    case 'find': {
      const { filter, text, from, backwards } = request;
      return { kind: 'find', ...view.find(filter, text, from, backwards) };
    }
    case 'place':
      return { kind: 'place', ...view.place(request.filter, request.id) };
    case 'event':
      return { kind: 'event', id: view.event(request.number) };
  }
}
