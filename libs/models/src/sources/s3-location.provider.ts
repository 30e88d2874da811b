import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { fetchCancelled } from '../body-reading.js';
import type { Opening } from '../http.client.js';
import { SourceFault, toSourceFault } from '../source-fault.js';
import type { ProxySettings, SourceSettings } from '../source-settings.js';
import type { ModelLocation } from './location.js';

export interface S3LocationOptions {
  readonly bucket: string;
  /** Without slashes at its ends. */
  readonly prefix: string;
  readonly connection: SourceSettings['s3'];
  readonly proxies: ProxySettings;
  readonly answerMs: number;
}

/** `s3://bucket/prefix`; the SDK's own chain finds credentials. */
export class S3Location implements ModelLocation {
  readonly source: string;
  private readonly client: S3Client;

  constructor(private readonly options: S3LocationOptions) {
    const { bucket, prefix, connection, proxies, answerMs } = options;
    this.source = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    const ca = [...getCACertificates('default'), ...getCACertificates('system')];
    const proxyEnv = { HTTP_PROXY: proxies.http, HTTPS_PROXY: proxies.https, NO_PROXY: proxies.none };
    this.client = new S3Client({
      region: connection.region,
      ...(connection.endpoint === undefined ? {} : { endpoint: connection.endpoint, forcePathStyle: true }),
      maxAttempts: 1,
      // Other stores do not know the newer checksums; the model's own sha256 decides.
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: answerMs,
        httpAgent: new HttpAgent({ proxyEnv }),
        httpsAgent: new HttpsAgent({ ca, proxyEnv }),
      },
    });
  }

  async open(path: string, from: number, signal: AbortSignal): Promise<Opening> {
    const { bucket, prefix, answerMs } = this.options;
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: prefix === '' ? path : `${prefix}/${path}`,
      ...(from > 0 ? { Range: `bytes=${from}-` } : {}),
    });
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), answerMs);
    try {
      const found = await this.client.send(command, {
        abortSignal: AbortSignal.any([deadline.signal, signal]),
      });
      const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(found.ContentRange ?? '') ?? [];
      const isResumed = Number(start) === from;
      return {
        offset: isResumed ? from : 0,
        totalBytes: isResumed ? Number(total) : found.ContentLength,
        body: found.Body as Readable,
      };
    } catch (error) {
      if (signal.aborted) throw fetchCancelled();
      if (deadline.signal.aborted)
        throw new SourceFault('unreachable', `did not answer within ${answerMs / 1000} s`, error);
      throw asFault(error);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.client.destroy();
  }
}

function asFault(error: unknown): SourceFault {
  if ((error as Error).name === 'CredentialsProviderError')
    return new SourceFault('missing', 'does not give it out without credentials', error);
  if (!(error instanceof S3ServiceException)) return toSourceFault(error);
  const status = error.$metadata.httpStatusCode ?? 0;
  if (status === 404) return new SourceFault('missing', `has not got it (${error.name})`, error);
  if (status === 401 || status === 403)
    return new SourceFault('missing', `does not give it out (${error.name})`, error);
  return new SourceFault('unreachable', `answered with status ${status}`, error);
}
