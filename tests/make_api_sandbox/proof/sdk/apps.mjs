// A custom app: its parts and the code in their sections.
import { crc32, deflateSync } from 'node:zlib';

import { found, make, refusal } from './client.mjs';

// A grey PNG of 512 by 512 pixels, which is what an icon has to be.
function icon() {
    const chunk = (kind, data) => {
        const body = Buffer.concat([Buffer.from(kind), data]);
        const frame = Buffer.alloc(body.length + 8);
        frame.writeUInt32BE(data.length, 0);
        body.copy(frame, 4);
        frame.writeUInt32BE(crc32(body), body.length + 4);
        return frame;
    };
    const header = Buffer.from([0, 0, 2, 0, 0, 0, 2, 0, 8, 0, 0, 0, 0]);
    const rows = Buffer.alloc(512 * 513, 128);
    for (let row = 0; row < 512; row++) rows[row * 513] = 0;
    const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
    const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows))];
    return new Uint8Array(Buffer.concat([signature, ...parts, chunk('IEND', Buffer.alloc(0))]));
}

const app = await make.sdk.apps.create({
    name: 'pottery',
    label: 'Pottery',
    description: 'Pots by the API.',
    theme: '#AABBCC',
    language: 'en',
    audience: 'global',
});
const at = [app.name, app.version];
await make.sdk.apps.update(...at, { label: 'Pottery wheel' });
await make.sdk.apps.setSection(...at, 'base', { baseUrl: 'https://pottery.example.com' });
await make.sdk.apps.setCommon(...at, { clientId: 'pots' });
await make.sdk.apps.setDocs(...at, '# Pottery\n');
const bare = await refusal(make.sdk.apps.getIcon(...at));
const changed = await make.sdk.apps.setIcon(...at, icon());

const connection = await make.sdk.connections.create(app.name, { type: 'apikey', label: 'Wheel' });
await make.sdk.connections.setSection(connection.name, 'api', { url: '/me', headers: {} });
await make.sdk.connections.setCommon(connection.name, { clientSecret: 'clay' });

const webhook = await make.sdk.webhooks.create(app.name, { type: 'web', label: 'New pot' });
const webhooks = await make.sdk.webhooks.list(app.name);
const hookName = webhooks[0].name;
await make.sdk.webhooks.setSection(hookName, 'api', { output: '{{body}}' });

await make.sdk.modules.create(...at, { name: 'getPot', typeId: 4, label: 'Get a pot' });
await make.sdk.modules.update(...at, 'getPot', { connection: connection.name });
const commented = '{\n    // one pot\n    "url": "/pots/{{parameters.id}}"\n}';
await make.sdk.modules.setSection(...at, 'getPot', 'api', commented);
await make.sdk.modules.makePublic(...at, 'getPot');

await make.sdk.rpcs.create(...at, { name: 'listPots', label: 'Pots' });
await make.sdk.rpcs.setSection(...at, 'listPots', 'api', { url: '/pots' });

await make.sdk.functions.create(...at, { name: 'glaze' });
const code = 'function glaze(pot) {\n    return pot + " glazed";\n}';
await make.sdk.functions.setCode(...at, 'glaze', code);
await make.sdk.functions.setTest(...at, 'glaze', 'it("glazes", () => {});');

await make.sdk.endpoints.create(...at, { name: 'fire', label: 'Fire a pot' });
await make.sdk.endpoints.update(...at, 'fire', { annotations: { readOnlyHint: false } });
await make.sdk.endpoints.setSection(...at, 'fire', 'api', { url: '/fire', method: 'POST' });

const text = section => section.replace(/\s/g, '');
const result = {
    app,
    read: await make.sdk.apps.get(...at),
    listed: (await make.sdk.apps.list()).map(one => one.name),
    base: text(await make.sdk.apps.getSection(...at, 'base')),
    common: await make.sdk.apps.getCommon(...at),
    docs: await make.sdk.apps.getDocs(...at),
    bare,
    icon: { changed, same: Buffer.from(await make.sdk.apps.getIcon(...at)).equals(icon()) },
    connection,
    connections: await make.sdk.connections.list(app.name),
    connectionRead: await make.sdk.connections.get(connection.name),
    connectionApi: text(await make.sdk.connections.getSection(connection.name, 'api')),
    connectionCommon: await make.sdk.connections.getCommon(connection.name),
    webhook,
    webhookRead: await make.sdk.webhooks.get(hookName),
    webhookApi: text(await make.sdk.webhooks.getSection(hookName, 'api')),
    module: await make.sdk.modules.get(...at, 'getPot'),
    modules: (await make.sdk.modules.list(...at)).map(one => one.name),
    moduleApi: await make.sdk.modules.getSection(...at, 'getPot', 'api'),
    rpc: await make.sdk.rpcs.get(...at, 'listPots'),
    rpcs: (await make.sdk.rpcs.list(...at)).map(one => one.name),
    rpcApi: text(await make.sdk.rpcs.getSection(...at, 'listPots', 'api')),
    function: await make.sdk.functions.get(...at, 'glaze'),
    functions: await make.sdk.functions.list(...at),
    functionCode: await make.sdk.functions.getCode(...at, 'glaze'),
    functionTest: await make.sdk.functions.getTest(...at, 'glaze'),
    endpoint: await make.sdk.endpoints.get(...at, 'fire'),
    endpoints: (await make.sdk.endpoints.list(...at)).map(one => one.name),
    endpointApi: text(await make.sdk.endpoints.getSection(...at, 'fire', 'api')),
};
await make.sdk.endpoints.delete(...at, 'fire');
await make.sdk.functions.delete(...at, 'glaze');
await make.sdk.rpcs.delete(...at, 'listPots');
await make.sdk.modules.delete(...at, 'getPot');
await make.sdk.webhooks.delete(hookName);
await make.sdk.connections.delete(connection.name);
await make.sdk.apps.delete(...at);
found({ ...result, gone: await refusal(make.sdk.apps.get(...at)) });
