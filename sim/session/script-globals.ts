// The globals of one script, bound to one machine that is made when a function first needs it. Also the
// gate of every call: virtual time, the order to stop, and what a failed call tells the script.

import { AssertionError } from '../base/assert.ts';
import type { JsonObject } from '../base/json.ts';
import type { Device } from '../kernel/iommu-types.ts';
import type { PhysicalRun } from '../kernel/mm/kernel-buffer.ts';
import type { VirtualClock } from '../machine/clock.ts';
import type { EventRecordDto, Place, Profile, SessionStatus } from '../protocol/api.ts';
import { placeText } from '../protocol/console-text.ts';
import { ApiError, CallbackThrew, RunStopped } from '../script/api-error.ts';
import { Binder } from '../script/binder.ts';
import { Crossing } from '../script/crossing.ts';
import { DeviceApi } from '../script/device-api.ts';
import { EngineApi } from '../script/engine-api.ts';
import { HandleTable } from '../script/handles.ts';
import { kernelKinds } from '../script/kernel-kinds.ts';
import { mmKind } from '../script/mm-kind.ts';
import type { ScriptRealm, ScriptSite } from '../script/realm.ts';
import { bindFunctions, deviceMethods } from '../script/script-api.ts';
import { SCRIPT_CONSTANTS } from '../script/script-constants.ts';
import { parseSignature } from '../script/signature.ts';
import type { Slip } from '../script/slips.ts';
import { Slips } from '../script/slips.ts';
import type { World } from '../script/world.ts';
import type { Recorder } from '../trace/recorder.ts';
import { reportLeaks } from './leak-report.ts';
import { machineBodies } from './machine-bodies.ts';
import { recordBufferStore } from './record-stores.ts';
import { CONTROL_CALLS, CONTROL_OWN_MIB, CONTROL_STOP, STOP_BY_TIME_LIMIT } from './run-control.ts';
import type { RunOutput } from './run-output.ts';
import { makeWorld } from './world.ts';
import { WorldConfiguration } from './world-configuration.ts';

/** What the globals are made of. */
export interface ScriptGlobalsOptions {
  readonly realm: ScriptRealm;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly output: RunOutput;
  readonly profile: Profile;
  /** Virtual seconds. */
  readonly timeLimit: number | undefined;
  readonly control: Int32Array | undefined;
  /** Which allocation of the stack fails, from 1. */
  readonly failNth: number | undefined;
  /** A mistake to make on purpose. */
  readonly slip: Slip | undefined;
  readonly onStatus: (status: SessionStatus) => void;
  /** Called often while the script runs. */
  readonly pulse: (() => void) | undefined;
  readonly placeOf: (site: ScriptSite) => Place;
  /** Name of the script for messages. */
  readonly file: string;
}

/** Virtual nanoseconds that a call of the script takes, so that the log has an order in time. */
const CALL_TICKS = 1000;
/** Calls between two status reports. */
const STATUS_CALLS = 4096;

/** Binds and runs the API for one session. */
export class ScriptGlobals {
  readonly #options: ScriptGlobalsOptions;
  readonly #handles: HandleTable;
  readonly #crossing: Crossing;
  readonly #binder: Binder;
  readonly #devices: DeviceApi;
  readonly #engines: EngineApi;
  readonly #configuration: WorldConfiguration;
  readonly #platformBus = { name: 'platform' };
  readonly #pciBus = { name: 'pci' };
  #world: World | undefined;
  #closed = false;
  #calls = 0;
  /** A failure of the simulator itself. */
  internalError: Error | undefined;
  /** Set when the script was told to stop. */
  stopped: RunStopped | undefined;

  constructor(options: ScriptGlobalsOptions) {
    const { realm, recorder, output } = options;
    this.#options = options;
    this.#configuration = new WorldConfiguration(options.profile);
    this.#handles = new HandleTable(realm.guest);
    this.#crossing = new Crossing(realm.guest, this.#handles);
    const slips = new Slips(options.slip);
    this.#binder = new Binder(realm, this.#crossing, {
      recorder,
      enter: (site) => this.#enter(site),
      slip: (name, body) => slips.run(name, body),
      settle: () => this.settle(),
      failed: (error) => this.#failed(error),
    });
    this.#devices = new DeviceApi({
      world: () => this.world(),
      settle: () => this.settle(),
      eventMark: () => output.events.drained.length,
      newestEvent: (sid, ssid, mark) => this.#newestEvent(sid, ssid, mark),
    });
    this.#engines = new EngineApi(this.#devices);
  }

  get events(): RunOutput['events'] {
    return this.#options.output.events;
  }

  get dmas(): number {
    return this.#devices.dmas;
  }

  get profile(): Profile {
    return this.#configuration.profile;
  }

  /** For a debugger: the handles, and the machine if there is one yet. */
  get inside(): {
    readonly handles: HandleTable;
    readonly world: () => World | undefined;
    readonly status: () => SessionStatus;
  } {
    return { handles: this.#handles, world: () => this.#world, status: () => this.#status() };
  }

  /** The machine configuration for the session file. */
  get configuration(): JsonObject {
    return this.#configuration.asJson();
  }

  /** Bytes of buffers that the simulator holds. */
  get hostBytes(): number {
    const chunks = this.#options.recorder.chunks.length * 2 ** 20;
    return chunks + (this.#world?.machine.memory.hostBytes ?? 0);
  }

  /** All globals by name, as values of the realm. */
  bind(): ReadonlyMap<string, unknown> {
    this.#defineKinds();
    const { output } = this.#options;
    const bodies = machineBodies({
      devices: this.#devices,
      engines: this.#engines,
      world: () => this.world(),
      output,
      guest: this.#options.realm.guest,
      crossing: this.#crossing,
    });
    const globals = new Map<string, unknown>(Object.entries(SCRIPT_CONSTANTS));
    const functions = bindFunctions(this.#binder, bodies, {
      profile: () => this.profile,
      world: () => this.world(),
    });
    for (const [name, fn] of functions) {
      globals.set(name, fn);
    }
    globals.set('platform_bus_type', this.#handles.handleOf(this.#platformBus, 'bus'));
    globals.set('pci_bus_type', this.#handles.handleOf(this.#pciBus, 'bus'));
    globals.set('machine', this.#handles.handleOf(this.#configuration, 'machine'));
    return globals;
  }

  /** The machine, made now if this is the first need of it. */
  world(): World {
    if (this.#world === undefined) {
      const { clock, recorder, output, failNth } = this.#options;
      const choice = this.#configuration.freeze();
      const world = makeWorld({
        choice,
        clock,
        recorder,
        output,
        failNth,
        callTrace: () => this.#callTrace(),
      });
      this.#world = world;
      this.#handles.bind(this.#platformBus, world.buses.platform);
      this.#handles.bind(this.#pciBus, world.buses.pci);
    }
    return this.#world;
  }

  /** Runs interrupts and deferred work. */
  settle(): void {
    this.#world?.machine.settle();
    this.#options.pulse?.();
  }

  /** Tells what the script took and did not give back. */
  reportLeaks(): void {
    const { recorder, output, file } = this.#options;
    if (this.#world !== undefined) {
      const { kernel, diagnostics } = this.#world;
      const at: RunOutput['at'] = (place, tell) => output.at(place, tell);
      reportLeaks(kernel.leaks(), { recorder, diagnostics, file, at });
    }
  }

  /** Allocations of the stack since the kernel booted. */
  get allocations(): number {
    return this.#world?.kernel.pages.faults.count ?? 0;
  }

  /** Ends the session: what still runs of the script can call nothing any more. */
  close(): void {
    this.#closed = true;
    this.#report();
  }

  #defineKinds(): void {
    const { dmaRead, dmaWrite } = this.#devices;
    const configure = parseSignature('configure(options: object): void');
    this.#handles.define({
      name: 'device',
      methods: this.#binder.methods('device', deviceMethods(dmaRead, dmaWrite)),
      fields: (host) => this.#deviceFields(host as Device),
    });
    this.#handles.define({
      name: 'machine',
      methods: this.#binder.methods('machine', [
        [configure, ([options]) => this.#configuration.choose(options)],
      ]),
    });
    const engine = this.#engines.kind(this.#binder, this.#handles);
    const onStore = (runs: readonly PhysicalRun[]): void =>
      recordBufferStore(this.world().machine, runs);
    for (const kind of [...kernelKinds(this.#binder, onStore), mmKind(this.#binder), engine]) {
      this.#handles.define(kind);
    }
  }

  #deviceFields({ name, bus }: Device): Record<string, unknown> {
    return { name, bus: bus === undefined ? null : this.#handles.handleOf(bus, 'bus') };
  }

  #callTrace(): readonly string[] {
    const { realm, placeOf } = this.#options;
    return realm.sitesNow().map((site) => ` ${placeText(placeOf(site))}`);
  }

  #enter(site: ScriptSite | undefined): ScriptSite | undefined {
    if (this.#closed) {
      throw new ApiError('Error', 'the run is over');
    }
    const { control, clock, output, placeOf } = this.#options;
    this.#calls++;
    const place = site === undefined ? undefined : placeOf(site);
    output.place = place ?? output.place;
    if (control !== undefined) {
      control[CONTROL_CALLS] = this.#calls | 0;
      const stop = control[CONTROL_STOP] ?? 0;
      if (stop !== 0) {
        const late = stop === STOP_BY_TIME_LIMIT;
        throw this.#stop(late ? 'time limit reached' : 'stopped', late ? 4 : 1);
      }
    }
    clock.advance(CALL_TICKS);
    const limit = this.#options.timeLimit;
    if (limit !== undefined && clock.now > limit * 1e9) {
      throw this.#stop(`time limit of ${limit} virtual seconds reached`, 4);
    }
    if (this.#calls % STATUS_CALLS === 1) {
      this.#report();
    }
    this.#options.pulse?.();
    return place;
  }

  #stop(message: string, exit: number): RunStopped {
    this.stopped ??= new RunStopped(message, exit);
    return this.stopped;
  }

  #failed(error: unknown): unknown {
    if (
      error instanceof ApiError ||
      error instanceof CallbackThrew ||
      error instanceof RunStopped
    ) {
      return error;
    }
    if (
      error instanceof AssertionError ||
      error instanceof TypeError ||
      !(error instanceof Error)
    ) {
      this.internalError ??= error instanceof Error ? error : new Error(String(error));
      return new ApiError('Error', `internal error of the simulator: ${String(error)}`);
    }
    return error;
  }

  #report(): void {
    const { onStatus, control } = this.#options;
    if (control !== undefined) {
      control[CONTROL_OWN_MIB] = this.hostBytes / 2 ** 20;
    }
    onStatus(this.#status());
  }

  #status(): SessionStatus {
    const { clock, output } = this.#options;
    return {
      time: clock.now,
      ...(this.#world?.figures() ?? NO_FIGURES),
      faults: output.events.drained.length,
      dmas: this.dmas,
    };
  }

  #newestEvent(
    sid: number,
    ssid: number,
    mark: number,
  ): { event: EventRecordDto; text: string } | undefined {
    const { events } = this.#options.output;
    const found = events.drained
      .slice(mark)
      .findLast((event) => event.sid === sid && (event.ssid ?? -1) === ssid);
    return found === undefined
      ? undefined
      : { event: found, text: this.#options.output.reasonOf(found) };
  }
}

const NO_FIGURES = { cmdq: { prod: 0, cons: 0 }, eventq: { prod: 0, cons: 0 }, pasids: 0 };
