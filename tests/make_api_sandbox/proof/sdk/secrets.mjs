// Keys, connections, and variables, which the SDK has no methods for but its own `fetch`.
import { found, make, refusal } from './client.mjs';

const key = await make.keys.create({
    teamId: 1,
    name: 'Till',
    typeName: 'apikeyauth',
    parameters: { key: 'not-a-secret', placement: 'header', name: 'X-API-Key' },
});
const rekeyed = await make.keys.update(key.id, { name: 'Till key' });
const data = { apiKey: 'another', url: 'https://eu1.make.com' };
const connection = await make.connections.create({
    teamId: 1,
    name: 'Make itself',
    accountName: 'make',
    data: { apiKey: '9d2b3a4c-0b1e-4c7a-8f51-6a1c2d3e4f50', url: 'https://eu1.make.com' },
});
const variables = '/teams/1/variables';
const variable = await make.fetch(variables, {
    method: 'POST',
    body: { name: 'greeting', typeId: 2, value: 'hello' },
});
await make.fetch(`${variables}/greeting`, { method: 'PATCH', body: { typeId: 2, value: 'hi' } });
const unsure = await refusal(make.fetch(`${variables}/greeting`, { method: 'DELETE' }));
const result = {
    key,
    rekeyed: rekeyed.name,
    keyRead: await make.keys.get(key.id),
    keys: (await make.keys.list(1, { typeName: 'apikeyauth' })).map(one => one.name),
    types: (await make.keys.types()).map(one => one.name),
    connection,
    connectionRead: await make.connections.get(connection.id),
    connections: (await make.connections.list(1, { type: ['make'] })).map(one => one.name),
    editable: await make.connections.listEditableParameters(connection.id),
    changed: await make.connections.update(connection.id, { data }),
    verified: await make.connections.verify(connection.id),
    scoped: await make.connections.scoped(connection.id, ['scenarios:read']),
    renamed: (await make.connections.rename(connection.id, 'Make')).name,
    variable,
    variables: await make.fetch(variables),
    history: await make.fetch(`${variables}/greeting/history`),
    unsure,
};
await make.keys.delete(key.id);
await make.connections.delete(connection.id);
await make.fetch(`${variables}/greeting`, { method: 'DELETE', query: { confirmed: true } });
found({
    ...result,
    gone: [
        await refusal(make.keys.get(key.id)),
        await refusal(make.connections.get(connection.id)),
    ],
});
