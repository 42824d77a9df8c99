// A bare relay on Node and ws.

import process from "node:process";
import { WebSocketServer } from "ws";
import { Pairs } from "./pairs.mjs";

const FIND = Buffer.from('{"type":"find"');

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  backlog: 4096,
  perMessageDeflate: false,
});
const pairs = new Pairs((stranger, type, seat) => stranger.send(JSON.stringify({ type, seat })));

server.on("connection", (stranger) => {
  stranger.on("message", (data) => {
    if (data.subarray(0, FIND.length).equals(FIND)) pairs.find(stranger);
    else pairs.other(stranger)?.send(data, { binary: false });
  });
  stranger.on("close", () => pairs.leave(stranger));
});
