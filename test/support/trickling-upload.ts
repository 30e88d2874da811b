import { request, type ClientRequest } from 'node:http';
import { API_KEY } from './platform.js';

export interface UploadAnswer {
  readonly status: number;
  readonly error: { readonly code: string } | undefined;
}

/** An upload to a transcription or turn route that never ends by itself. */
export class TricklingUpload {
  readonly answer: Promise<UploadAnswer>;
  private readonly upload: ClientRequest;
  private readonly timer: NodeJS.Timeout;

  constructor(url: string, path = '/v1/audio/transcriptions', field = 'file') {
    this.upload = request(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'multipart/form-data; boundary=x' },
    });
    this.answer = new Promise((resolve, reject) => {
      this.upload.once('response', (response) => {
        void response.toArray().then((parts) => {
          const body = JSON.parse(Buffer.concat(parts as Buffer[]).toString()) as Pick<UploadAnswer, 'error'>;
          resolve({ status: response.statusCode ?? 0, error: body.error });
        }, reject);
      });
      this.upload.on('error', reject);
    });
    this.answer.catch(() => undefined);
    this.upload.write(
      `--x\r\ncontent-disposition: form-data; name="${field}"; filename="a.flac"\r\n\r\nfLaC`,
    );
    this.timer = setInterval(() => this.upload.write('.'), 200).unref();
  }

  /** Sends so much at once. Resolves when the system has taken it or the gateway has answered. */
  async send(bytes: number): Promise<void> {
    let isOver = false;
    const over = this.answer.then(
      () => (isOver = true),
      () => (isOver = true),
    );
    for (let sent = 0; sent < bytes && !isOver; sent += 2 ** 20) {
      const taken = new Promise<void>((resolve) =>
        this.upload.write(Buffer.alloc(2 ** 20, 1), () => resolve()),
      );
      await Promise.race([taken, over]);
    }
  }

  leave(): void {
    clearInterval(this.timer);
    this.upload.destroy();
  }
}
