// Custom properties of scenarios.
import { found, make, refusal } from './client.mjs';

const [scenario] = await make.scenarios.list(1, { pg: { limit: 1 } });
const structure = await make.customPropertyStructures.create({
    associatedType: 'scenario',
    belongerType: 'organization',
    belongerId: 1,
});
const item = await make.customPropertyStructures.items.create(structure.id, {
    name: 'owner',
    label: 'Owner',
    type: 'shortText',
    required: true,
});
const properties = make.scenarios.customProperties;
const early = await refusal(properties.update(scenario.id, { owner: 'Bo' }));
const filled = await properties.create(scenario.id, { owner: 'Ada' });
const updated = await properties.update(scenario.id, { owner: 'Bo' });
const unsure = await refusal(make.customPropertyStructures.items.delete(item.id));
const result = {
    structure,
    structures: await make.customPropertyStructures.list(1),
    item,
    items: await make.customPropertyStructures.items.list(structure.id),
    early,
    filled,
    updated,
    read: await properties.get(scenario.id),
    unsure,
};
await properties.delete(scenario.id);
await make.customPropertyStructures.items.delete(item.id, { confirmed: true });
found({ ...result, emptied: await properties.get(scenario.id) });
