// Data structures, data stores and their records.
import { found, make, refusal } from './client.mjs';

const structure = await make.dataStructures.create({
    teamId: 1,
    name: 'Guest',
    strict: true,
    spec: [
        { name: 'name', type: 'text', required: true },
        { name: 'visits', type: 'number' },
    ],
});
const copy = await make.dataStructures.clone(structure.id, { name: 'Visitor', targetTeamId: 2 });
const store = await make.dataStores.create({
    teamId: 1,
    name: 'Guests',
    datastructureId: structure.id,
    maxSizeMB: 1,
});
const named = await make.dataStores.records.create(store.id, 'ada', { name: 'Ada', visits: 1 });
const unnamed = await make.dataStores.records.create(store.id, { name: 'Bo', visits: 2 });
const twice = await refusal(make.dataStores.records.create(store.id, 'ada', { name: 'Ada' }));
const wrong = await refusal(make.dataStores.records.create(store.id, { visits: 3 }));
const updated = await make.dataStores.records.update(store.id, 'ada', { visits: 7 });
const replaced = await make.dataStores.records.replace(store.id, unnamed.key, { name: 'Bob' });
const read = await make.dataStructures.get(structure.id);
const records = await make.dataStores.records.list(store.id, { pg: { limit: 1, offset: 1 } });
await make.dataStores.records.delete(store.id, [unnamed.key]);
const left = await make.dataStores.get(store.id);
const resized = await make.dataStores.update(store.id, { name: 'All guests', maxSizeMB: 2 });
const loosened = await make.dataStructures.update(structure.id, { strict: false });
const result = {
    structure,
    read,
    listed: (await make.dataStructures.list(1)).map(one => one.name),
    copy,
    store,
    listedStore: (await make.dataStores.list(1, { cols: ['*'] })).find(one => one.id === store.id),
    named,
    unnamed,
    twice,
    wrong,
    updated,
    replaced,
    records,
    left,
    resized,
    loosened,
};
await make.dataStores.delete(store.id);
await make.dataStructures.delete(structure.id);
await make.dataStructures.delete(copy.id);
found({
    ...result,
    gone: [
        await refusal(make.dataStores.get(store.id)),
        await refusal(make.dataStructures.get(structure.id)),
    ],
});
