import { Controller, HttpCode, HttpStatus, Post, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  type ApiBodyOptions,
  ApiConsumes,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { MOST_IMAGE_BYTES, signAnswerSchema } from '@parlance/contracts';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { MOST_PIXELS, MOST_PIXELS_DECODED_WHOLE } from '../../signs/image-decoder.service.js';
import { AnswersJson } from '../openapi-answers.js';
import { QueryGuard } from '../query.guard.js';
import { causeOf, requestSignal } from '../request-scope.js';
import { SignRequests } from './sign-requests.service.js';

/** From the request's start; a model may be loaded first. */
const LIMIT_MS = 120_000;

const megapixels = (pixels: number): string => `${pixels / 1e6} megapixels`;

/** The form, which is read as a stream, so that Nest cannot derive its schema. */
const SIGN_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['image'],
    properties: {
      image: {
        type: 'string',
        format: 'binary',
        description:
          `A photograph of one hand that signs a letter: JPEG, PNG or WebP of ${MOST_IMAGE_BYTES / 1024 ** 2} MiB and ` +
          `${megapixels(MOST_PIXELS)} at most, ${megapixels(MOST_PIXELS_DECODED_WHOLE)} where it is progressive, interlaced or WebP. ` +
          'It is turned as its EXIF data says',
      },
    },
  },
};

/** Letters that are signed with one hand: a photograph in, letters with their probabilities out; nothing is stored. */
@ApiTags('Signs')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/signs')
export class SignsController {
  constructor(private readonly requests: SignRequests) {}

  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Read the letter of the American manual alphabet that a hand signs' })
  @ApiConsumes('multipart/form-data')
  @ApiBody(SIGN_BODY)
  @AnswersJson(signAnswerSchema, 'The most likely letter, and the probability of each')
  async read(@Req() request: TenantRequest, @Res({ passthrough: true }) response: Response) {
    const signal = requestSignal(response, LIMIT_MS);
    return this.requests.read(request, response, signal).catch((error: unknown) => {
      throw causeOf(error, signal);
    });
  }
}
