import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { splitCredentials, type HttpClient, type Opening } from '../http.client.js';
import { parseModelRecord, RECORD_FILE, type ModelRecord } from '../model-record.js';
import { SourceFault } from '../source-fault.js';
import { withoutCredentials } from '../source-settings.js';
import type { SourceContext } from './source-context.js';

/** A location of the operator's own that holds `<model>/<file>`: a copy of another machine's downloads folder. */
export interface ModelLocation {
  /** Names the location in messages, without credentials. */
  readonly source: string;
  /** @param path  `<model>/<file>`
   *  @throws SourceFault */
  open(path: string, from: number, signal: AbortSignal): Promise<Opening>;
  /** Ends what the location keeps open. */
  close?(): void;
}

export class FolderLocation implements ModelLocation {
  readonly source: string;

  constructor(private readonly folder: string) {
    this.source = `folder ${folder}`;
  }

  async open(path: string, from: number): Promise<Opening> {
    const file = join(this.folder, path);
    const found = await stat(file).catch((error: unknown) => {
      throw new SourceFault('missing', 'has not got it', error);
    });
    if (!found.isFile()) throw new SourceFault('wrong', `has '${path}', which is no file`);
    if (from >= found.size) return { offset: 0, totalBytes: found.size, body: createReadStream(file) };
    return { offset: from, totalBytes: found.size, body: createReadStream(file, { start: from }) };
  }
}

export class WebLocation implements ModelLocation {
  readonly source: string;
  private readonly address: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly http: HttpClient,
    url: string,
  ) {
    const { address, headers } = splitCredentials(url);
    this.address = address.replace(/\/+$/, '');
    this.headers = headers;
    this.source = withoutCredentials(url);
  }

  async open(path: string, from: number, signal: AbortSignal): Promise<Opening> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return this.http.open(`${this.address}/${encoded}`, { from }, { headers: this.headers, signal });
  }
}

/** @returns which files the location has of a model, by the record that the store leaves in each model's folder
 *  @throws SourceFault */
export async function recordAt(
  location: ModelLocation,
  model: string,
  { http, signal }: Pick<SourceContext, 'http' | 'signal'>,
): Promise<ModelRecord> {
  const { body } = await location.open(`${model}/${RECORD_FILE}`, 0, signal);
  const record = parseModelRecord((await http.whole(body, signal)).toString('utf8'));
  if (!record) throw new SourceFault('wrong', `has a ${RECORD_FILE} that is not readable`);
  return record;
}
