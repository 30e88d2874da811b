import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { digitsSchema } from '@parlance/contracts';
import type { StoredObject } from '@parlance/messaging';
import { ObjectLinks } from '../recordings/object-links.service.js';
import { SessionDeletion } from '../recordings/session-deletion.service.js';
import { SessionRecordings } from '../recordings/session-recordings.service.js';
import {
  StorageStatisticsService,
  type StorageStatistics,
} from '../recordings/storage-statistics.service.js';
import { parseRequest } from './request-fields.js';

const userSchema = z.object({ user: z.string().min(1).max(200) });
const linkSchema = z.object({
  key: z.string().min(1).max(1_000),
  expires: digitsSchema,
  signature: z.string().max(100),
});

/** Recordings over HTTP: what routes are asked for in, what they answer out. */
@Injectable()
export class RecordingRequests {
  constructor(
    private readonly recordings: SessionRecordings,
    private readonly links: ObjectLinks,
    private readonly deletion: SessionDeletion,
    private readonly statistics: StorageStatisticsService,
  ) {}

  async recording(tenant: string, session: string) {
    const { audio, durationMs } = await this.recordings.find(tenant, session);
    const { url, expiresAt } = await this.links.linkTo(audio.key);
    const { bytes, contentType } = audio;
    return { url, expiresAt: expiresAt.toISOString(), bytes, contentType, durationMs };
  }

  async deleteRecording(tenant: string, session: string): Promise<void> {
    await this.recordings.delete(tenant, session);
  }

  async deleteSession(tenant: string, session: string): Promise<void> {
    await this.deletion.deleteSession(tenant, session);
  }

  async deleteUser(tenant: string, user: string): Promise<{ readonly sessions: number }> {
    const named = parseRequest(userSchema, { user });
    return { sessions: await this.deletion.deleteUser(tenant, named.user) };
  }

  async storage(tenant: string): Promise<StorageStatistics> {
    return this.statistics.of(tenant);
  }

  async open(query: Readonly<Record<string, unknown>>): Promise<StoredObject> {
    const { key, expires, signature } = parseRequest(linkSchema, query);
    return this.links.open({ key, expires, signature });
  }
}
