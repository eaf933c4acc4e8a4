// Custom properties of scenarios.
import { found, make, refusal, studio } from './client.mjs';

const home = await studio();
const scenario = await make.scenarios.create({
    teamId: home.team,
    blueprint: { name: 'Described', flow: [], metadata: { version: 1 } },
    scheduling: { type: 'on-demand' },
});
const structure = await make.customPropertyStructures.create({
    associatedType: 'scenario',
    belongerType: 'organization',
    belongerId: home.id,
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
    structures: await make.customPropertyStructures.list(home.id),
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
