/** The camera's present picture, drawn small, for whoever has to see it. */

import { made } from "./element.js";
import { frameOf, jpegOf } from "./frame.js";

const SIDE = 320;

export function createDrawing() {
  const video = made("video");
  video.muted = true;
  video.playsInline = true;

  return {
    /**
     * Return the picture as a JPEG, or null when there is none yet.
     *
     * @param {MediaStreamTrack} track
     * @returns {Promise<Blob | null>}
     */
    async draw(track) {
      video.srcObject = new MediaStream([track]);
      try {
        await video.play();
        const canvas = frameOf(video, SIDE);
        return canvas && (await jpegOf(canvas));
      } finally {
        // The camera may be let go of.
        video.srcObject = null;
      }
    },
  };
}
