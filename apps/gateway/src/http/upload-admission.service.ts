import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { DecoderService } from '../media/decoder.service.js';
import { HeldMemory, type HeldBytes } from '../media/held-memory.js';
import { RecordingCapacity } from '../recognition/recording-capacity.service.js';

/** Decides whether an upload of sound is read at all: where it could be neither decoded nor recognised just now, or not be held, it
 *  is refused before its client sends much. */
@Injectable()
export class UploadAdmission {
  constructor(
    private readonly decoder: DecoderService,
    private readonly capacity: RecordingCapacity,
    private readonly memory: HeldMemory,
  ) {}

  /** Counts the upload until its response is over. @returns the memory that its form is held in
   *  @throws AppError inference.overloaded */
  admit(tenant: string, response: Response | undefined): HeldBytes {
    this.decoder.refuseIfFull(tenant);
    response?.once('close', this.capacity.admit(tenant));
    const memory = this.memory.open(tenant);
    response?.once('close', memory.release);
    return memory;
  }
}
