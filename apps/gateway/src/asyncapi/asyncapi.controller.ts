import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { asyncApiDocument } from './asyncapi-document.js';

const document = asyncApiDocument();

/** The AsyncAPI document, which needs no key, as the OpenAPI document does not. */
@ApiTags('Documents')
@Controller('api/asyncapi.json')
export class AsyncApiController {
  @Get()
  @ApiOperation({ summary: 'The WebSocket APIs as an AsyncAPI 3.0 document' })
  @ApiOkResponse({ schema: { type: 'object' } })
  document(): typeof document {
    return document;
  }
}
