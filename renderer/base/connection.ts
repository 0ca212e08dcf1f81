// The window's end of the protocol: calls and announcements of the main process over the bridge.

import { toDisposable } from '../../sim/base/disposable.ts';
import type { WorkbenchApi, WorkbenchEvents } from '../../sim/protocol/api.ts';
import type { Bridge } from '../../sim/protocol/bridge.ts';
import type { Channel } from '../../sim/protocol/channel.ts';
import { WORKBENCH_CONTRACT } from '../../sim/protocol/contracts.ts';
import type { RpcClient } from '../../sim/protocol/rpc.ts';
import { connectRpc } from '../../sim/protocol/rpc.ts';

declare global {
  interface Window {
    readonly substream: Bridge;
  }
}

/** The main process as the window sees it. */
export type Remote = RpcClient<WorkbenchApi, WorkbenchEvents>;

/** Connects over what the preload script gives. The line lives as long as the page does. */
export function connectMain(bridge: Bridge): Remote {
  const channel: Channel = {
    post: (message) => bridge.post(message),
    onMessage: (listener) => toDisposable(bridge.onMessage(listener)),
    onClose: () => toDisposable(() => undefined),
  };
  return connectRpc(channel, WORKBENCH_CONTRACT);
}
