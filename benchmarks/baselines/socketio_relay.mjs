// A bare relay on Node and socket.io, over WebSocket alone.

import { createServer } from "node:http";
import process from "node:process";
import { Server } from "socket.io";
import { Pairs } from "./pairs.mjs";

const http = createServer();
const server = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
const pairs = new Pairs((stranger, what, seat) => stranger.emit(what, seat));

server.on("connection", (stranger) => {
  stranger.on("find", () => pairs.find(stranger));
  stranger.on("message", (message) => pairs.other(stranger)?.emit("message", message));
  stranger.on("disconnect", () => pairs.leave(stranger));
});
http.listen(Number(process.argv[2]), "127.0.0.1", 4096);
