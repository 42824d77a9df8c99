/** Two peer connections that negotiate for real in state, not in substance; the test carries what they say. */

export function createFakeConnection(print) {
  const listeners = new Map();
  let offers = 0;
  const tell = (type, event = {}) => {
    for (const listener of listeners.get(type) ?? []) listener(event);
  };
  const sdp = () => `v=0\r\na=fingerprint:sha-256 ${print}\r\na=n:${offers}\r\n`;

  const connection = {
    signalingState: "stable",
    connectionState: "new",
    localDescription: null,
    remoteDescription: null,
    restarts: 0,
    candidates: [],
    transceivers: [],
    configuration: {},
    closed: false,
    addEventListener: (type, listener) => listeners.set(type, [...(listeners.get(type) ?? []), listener]),
    addTransceiver(kind, { direction }) {
      connection.transceivers.push(transceiverOf(kind, direction));
      if (connection.transceivers.length === 1) queueMicrotask(() => tell("negotiationneeded"));
    },
    getTransceivers: () => connection.transceivers,
    async setLocalDescription() {
      const type = connection.signalingState === "have-remote-offer" ? "answer" : "offer";
      offers += 1;
      connection.localDescription = { type, sdp: sdp() };
      connection.signalingState = type === "offer" ? "have-local-offer" : "stable";
    },
    async setRemoteDescription(description) {
      connection.remoteDescription = description;
      connection.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
      if (connection.transceivers.length === 0)
        connection.transceivers.push(transceiverOf("audio", "recvonly"), transceiverOf("video", "recvonly"));
    },
    async addIceCandidate(candidate) {
      connection.candidates.push(candidate ?? null);
    },
    restartIce: () => {
      connection.restarts += 1;
    },
    getConfiguration: () => connection.configuration,
    setConfiguration: (configuration) => {
      connection.configuration = configuration;
    },
    getStats: async () => new Map(),
    close: () => {
      connection.closed = true;
      connection.signalingState = "closed";
    },
    tell,
    sender: (kind) => connection.transceivers.find(({ receiver }) => receiver.track.kind === kind)?.sender,
  };
  return connection;
}

function transceiverOf(kind, direction) {
  const sender = {
    track: null,
    parameters: { encodings: [{}] },
    async replaceTrack(track) {
      sender.track = track;
    },
    getParameters: () => sender.parameters,
    async setParameters(parameters) {
      sender.parameters = parameters;
    },
  };
  return { direction, sender, receiver: { track: { kind } } };
}

export function createFakeTrack(kind, height = 480) {
  const track = {
    kind,
    stopped: false,
    stop: () => {
      track.stopped = true;
    },
    getSettings: () => ({ height, deviceId: `${kind}-1` }),
    addEventListener: (_, listener) => {
      track.end = listener;
    },
  };
  return track;
}

/** Let everything that waits for a promise happen. */
export async function settled() {
  for (let n = 0; n < 40; n += 1) await Promise.resolve();
}
