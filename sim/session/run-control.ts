// A few shared words through which the host reaches a script that never returns to its event loop.

/** Word that the host sets: 0 run on, or why the script must stop. */
export const CONTROL_STOP = 0;
/** Word that counts calls of the script into the simulator: it moves while the script makes progress. */
export const CONTROL_CALLS = 1;
/** Word with the MiB of buffers that the simulator itself holds: the script is not to blame for them. */
export const CONTROL_OWN_MIB = 2;
/** Word that the reader of the trace sets when it waits for news; the session clears it. */
export const CONTROL_TRACE = 3;
export const CONTROL_WORDS = 4;

export const STOP_BY_USER = 1;
export const STOP_BY_TIME_LIMIT = 2;
