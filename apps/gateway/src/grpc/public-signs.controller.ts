import type { Metadata } from '@grpc/grpc-js';
import { Controller, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { MOST_IMAGE_BYTES, type SignAnswer } from '@parlance/contracts';
import type { ReadRequest__Output } from '@parlance/contracts/proto/parlance/signs/v1/ReadRequest';
import { GrpcErrorFilter } from '@parlance/rpc';
import { imageTooLarge } from '../http/signs/sign-requests.service.js';
import { SignReader } from '../signs/sign-reader.service.js';
import { GrpcCallers, type UnaryCall } from './grpc-callers.service.js';

/** The public API parlance.signs.v1.Signs. */
@Controller()
@UseFilters(GrpcErrorFilter)
export class PublicSignsController {
  constructor(
    private readonly callers: GrpcCallers,
    private readonly signs: SignReader,
  ) {}

  /**
   * A file above the limit of the API is refused by name; one above the server's limit of messages by gRPC itself.
   * @throws AppError auth.*, quota.*, request.too_large, and as `SignReader.read`
   */
  @GrpcMethod('Signs', 'Read')
  read({ image }: ReadRequest__Output, metadata: Metadata, call: UnaryCall): Promise<SignAnswer> {
    return this.callers.admitted('Signs/Read', metadata, async (caller) => {
      if (image.length > MOST_IMAGE_BYTES) throw imageTooLarge();
      return this.callers.unary(call, (signal) => this.signs.read(image, caller, signal));
    });
  }
}
