// Plain HTTP, for a sandbox served without a certificate.
import { Make } from '@makehq/sdk';

import { found, given } from './client.mjs';

const make = new Make(process.env.MAKE_API_KEY, given.zone);
make.protocol = 'http';
found({ name: (await make.users.me()).name, protocol: make.protocol });
