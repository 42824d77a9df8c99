/** The camera's present picture, drawn small, for whoever has to see it. */

const SIDE = 320;
const QUALITY = 0.7;

/** @typedef {ReturnType<typeof createDrawing>} Drawing */

export function createDrawing() {
  const video = document.createElement("video");
  const canvas = document.createElement("canvas");
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
        const { videoWidth, videoHeight } = video;
        const scale = Math.min(1, SIDE / Math.max(videoWidth, videoHeight, 1));
        canvas.width = Math.round(videoWidth * scale);
        canvas.height = Math.round(videoHeight * scale);
        if (canvas.width === 0) return null;
        canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
        return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
      } finally {
        // The camera may be let go of.
        video.srcObject = null;
        canvas.width = 0;
      }
    },
  };
}
