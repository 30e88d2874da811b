import { problemOf, type MicrophoneProblem } from '../voice/microphone.js';

/** Why there is no picture of a camera. */
export type CameraProblem = MicrophoneProblem;

export class CameraFault extends Error {
  constructor(readonly problem: CameraProblem) {
    super(`camera: ${problem}`);
  }
}

/** Opens the camera that looks away from the person, where there are two.
 *  @param onGone  the device has gone, or the person has taken it back
 *  @throws CameraFault */
export async function openCamera(onGone: () => void): Promise<MediaStream> {
  const devices = (navigator as Partial<Navigator>).mediaDevices;
  if (!devices) throw new CameraFault('insecure');
  const video = { facingMode: 'environment', width: { ideal: 960 }, height: { ideal: 720 } };
  const stream = await devices.getUserMedia({ video }).catch((error: unknown) => {
    throw new CameraFault(problemOf(error));
  });
  for (const track of stream.getTracks()) track.addEventListener('ended', onGone);
  return stream;
}

export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** A side of the square that is sent, pixels: more than is read. */
const SENT_PIXELS = 480;

/** The square in the middle of what a video shows now. @throws Error where the browser makes no JPEG of it */
export async function squareOf(video: HTMLVideoElement): Promise<Blob> {
  const { videoWidth, videoHeight } = video;
  const side = Math.min(videoWidth, videoHeight);
  const canvas = new OffscreenCanvas(SENT_PIXELS, SENT_PIXELS);
  canvas
    .getContext('2d')!
    .drawImage(
      video,
      ...([(videoWidth - side) / 2, (videoHeight - side) / 2, side, side] as const),
      ...([0, 0, SENT_PIXELS, SENT_PIXELS] as const),
    );
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
}
