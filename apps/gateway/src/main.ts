import 'reflect-metadata';
import { runProcess } from '@parlance/config';
import { gatewaySchema } from './gateway.config.js';
import { SERVICE, startGateway } from './start-gateway.js';

await runProcess({ name: SERVICE, schema: gatewaySchema, start: startGateway });
