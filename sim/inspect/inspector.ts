// Answers the questions of views and console about one session, from its trace.

import { explainEvent } from '../explain/explanation.ts';
import type { Hardware } from '../explain/replay.ts';
import { explanationLines } from '../explain/text.ts';
import type { CallSite } from '../explain/trace-index.ts';
import { TraceIndex } from '../explain/trace-index.ts';
import type {
  ExplanationDto,
  InspectAnswer,
  InspectRequest,
  WriterDto,
} from '../protocol/inspect.ts';
import type { TraceSource } from '../trace/reader.ts';
import { notRecorded } from '../trace/record-groups.ts';
import { CacheContents } from './cache-contents.ts';
import { cacheEntry, cacheViews } from './cache-views.ts';
import { memoryRows, runConsoleCommand } from './console.ts';
import type { InspectContext } from './context.ts';
import { faultWalk } from './fault-walk.ts';
import { InterruptLog } from './interrupt-log.ts';
import { interruptStory, interruptViews } from './interrupts.ts';
import { IovaMaps } from './iova-map.ts';
import { KernelObjects } from './kernel-objects.ts';
import {
  CACHES,
  INTERRUPTS,
  MAPPINGS,
  MEMORY,
  NotRecordedError,
  need,
  QUEUES,
  REGISTERS,
  SOFTWARE,
  STRUCTURES,
} from './needs.ts';
import { NewestRecords } from './newest-records.ts';
import { QUEUE_KINDS, queueViews } from './queues.ts';
import { registerViews } from './registers.ts';
import { iovaMapView, softwareView } from './software-views.ts';
import { pathTo } from './table-path.ts';
import { tableNodes } from './tables.ts';
import { topologyView } from './topology.ts';

/** Most words of one memory answer. */
const MOST_WORDS = 4096;

/** A session as it is inspected; grows with the trace of a live one. */
export class Inspector {
  readonly #context: InspectContext;
  readonly #caches: CacheContents;
  readonly #queues: NewestRecords;
  readonly #interrupts: InterruptLog;
  readonly #objects: KernelObjects;

  constructor(source: TraceSource, hardware: Hardware, file: string) {
    const index = new TraceIndex(source);
    this.#caches = new CacheContents(index);
    const toldOfCaches = notRecorded(source.omitted, CACHES) === undefined;
    const staleCopy = (pa: number): Int32Array | undefined =>
      toldOfCaches ? this.#cachesNow().staleCopy(pa) : undefined;
    this.#context = { index, hardware, file, staleCopy };
    this.#queues = new NewestRecords(source, QUEUE_KINDS);
    this.#interrupts = new InterruptLog(index);
    this.#objects = new KernelObjects(source, new IovaMaps(index));
  }

  /** Events so far. */
  get events(): number {
    this.#context.index.update();
    return this.#context.index.events.length;
  }

  /**
   * Answers as of now. Bad addresses and numbers give empty answers, never an error.
   * @throws NotRecordedError when the session left out what the answer rests on
   */
  answer(request: InspectRequest): InspectAnswer {
    const context = this.#context;
    context.index.update();
    switch (request.kind) {
      case 'tables':
        need(context, STRUCTURES);
        return {
          kind: 'tables',
          nodes: tableNodes(context, request.node),
          ...(request.also === undefined
            ? {}
            : { also: request.also.map((node) => tableNodes(context, node)) }),
        };
      case 'tablePath':
        need(context, STRUCTURES);
        return { kind: 'tablePath', path: pathTo(context, request.sid, request.ssid) };
      case 'registers':
        need(context, REGISTERS);
        return { kind: 'registers', registers: registerViews(context) };
      case 'queues':
        need(context, QUEUES);
        return { kind: 'queues', queues: queueViews(context, this.#queuesNow()) };
      case 'caches':
        need(context, CACHES);
        return { kind: 'caches', caches: cacheViews(context, this.#cachesNow(), request) };
      case 'cacheEntry': {
        need(context, CACHES);
        const entry = cacheEntry(context, this.#cachesNow(), request.id);
        return { kind: 'cacheEntry', ...(entry === undefined ? {} : { entry }) };
      }
      case 'interrupts':
        need(context, INTERRUPTS);
        return interruptViews(context, this.#interruptsNow());
      case 'interrupt':
        need(context, INTERRUPTS);
        return interruptStory(context, this.#interruptsNow(), request.record);
      case 'software':
        need(context, SOFTWARE);
        return { kind: 'software', software: softwareView(context, this.#objectsNow(), request) };
      case 'iovaMap':
        need(context, MAPPINGS);
        return { kind: 'iovaMap', map: iovaMapView(context, this.#objectsNow(), request) };
      case 'topology':
        need(context, SOFTWARE);
        return { kind: 'topology', topology: topologyView(this.#objectsNow()) };
      case 'explain': {
        need(context, ['event']);
        const explanation = this.explain(request.event ?? this.events);
        return { kind: 'explain', ...(explanation === undefined ? {} : { explanation }) };
      }
      case 'memory': {
        need(context, MEMORY);
        const words = Math.min(request.words, MOST_WORDS);
        const rows = memoryRows(context, Math.floor(Number(request.pa) / 8) * 8, words);
        return { kind: 'memory', memory: { pa: request.pa, rows } };
      }
      case 'command':
        return { kind: 'command', lines: this.#command(request.text) };
    }
  }

  /** Event `number` (from 1) explained, or undefined when there is none. */
  explain(number: number): ExplanationDto | undefined {
    const { index, hardware, file } = this.#context;
    index.update();
    const record = index.events[number - 1];
    if (record === undefined) {
      return undefined;
    }
    const explanation = explainEvent(index, record, hardware);
    const { writtenBy, accessedBy, culprit } = explanation;
    const lines = explanationLines(explanation, { file, device: (sid) => index.deviceName(sid) });
    const place = culprit?.place;
    const walk = faultWalk(explanation);
    return {
      event: number,
      events: index.events.length,
      lines,
      ...(writtenBy === undefined ? {} : { writer: writerDto(writtenBy) }),
      ...(accessedBy === undefined ? {} : { accessedBy: writerDto(accessedBy) }),
      ...(place !== undefined && 'pa' in place ? { pa: BigInt(place.pa) } : {}),
      ...(walk === undefined ? {} : { walk }),
    };
  }

  #cachesNow(): CacheContents {
    this.#caches.update();
    return this.#caches;
  }

  #objectsNow(): KernelObjects {
    this.#objects.update();
    if (this.#objects.tooOld) {
      throw new NotRecordedError('this session is older than the records of kernel objects');
    }
    return this.#objects;
  }

  #queuesNow(): NewestRecords {
    this.#queues.update();
    return this.#queues;
  }

  #interruptsNow(): InterruptLog {
    this.#interrupts.update();
    return this.#interrupts;
  }

  #command(text: string): readonly string[] {
    const tools = {
      context: this.#context,
      caches: () => this.#cachesNow(),
      queues: () => this.#queuesNow(),
      interrupts: () => this.#interruptsNow(),
      objects: () => this.#objectsNow(),
      explain: (number: number) => this.explain(number)?.lines,
      events: this.events,
    };
    return runConsoleCommand(tools, text);
  }
}

function writerDto({ line, column, fn, args }: CallSite): WriterDto {
  return { line, column, call: `${fn}(${args})` };
}
