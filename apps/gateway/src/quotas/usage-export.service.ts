import { pipeline } from 'node:stream/promises';
import { Readable, type Writable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { stringify } from 'csv-stringify';
import { UsageReports } from './usage-reports.service.js';

/** Rows of one file, and how many are read at a time. */
const MOST_ROWS = 100_000;
const PER_PAGE = 500;

const COUNTS = [
  'requests',
  'audioSeconds',
  'characters',
  'inputTokens',
  'outputTokens',
  'turns',
  'storedBytes',
  'deletedBytes',
] as const;

/** Usage as CSV (RFC 4180), sent while it is read. What a spreadsheet would take for a formula begins with an apostrophe. */
@Injectable()
export class UsageExport {
  constructor(private readonly reports: UsageReports) {}

  /** Resolves when all was sent. @throws AppError store.unavailable */
  async send(
    tenant: string,
    question: ReturnType<UsageReports['question']>,
    out: Writable,
    most = MOST_ROWS,
  ): Promise<void> {
    const { groupBy } = question;
    const columns = ['day', ...(groupBy === 'day' ? [] : [groupBy]), ...COUNTS];
    await pipeline(
      Readable.from(this.reports.rows(tenant, question, most, PER_PAGE)),
      stringify({ header: true, columns, record_delimiter: 'windows', escape_formulas: true }),
      out,
    );
  }
}
