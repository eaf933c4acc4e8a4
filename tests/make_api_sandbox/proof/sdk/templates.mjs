// Public templates, and a template of a team made through the SDK's own `fetch`.
import { found, make } from './client.mjs';

const [first] = await make.publicTemplates.list({ pg: { limit: 3 } });
const blueprint = {
    name: 'Wait a little',
    flow: [
        {
            id: 1,
            module: 'util:FunctionSleep',
            version: 1,
            parameters: {},
            mapper: { duration: '1' },
            metadata: { designer: { x: 0, y: 0 } },
        },
    ],
    metadata: { version: 1 },
};
const { template } = await make.fetch('/templates', {
    method: 'POST',
    body: {
        teamId: 1,
        language: 'en',
        blueprint: JSON.stringify(blueprint),
        scheduling: JSON.stringify({ type: 'indefinitely', interval: 900 }),
        controller: JSON.stringify({ name: 'Wait a little', modules: {}, idSequence: 2 }),
    },
});
const used = await make.fetch(`/templates/${template.id}/blueprint`);
const scenario = await make.scenarios.create({
    teamId: 1,
    blueprint: used.blueprint,
    scheduling: used.scheduling,
});
await make.scenarios.delete(scenario.id);
await make.fetch(`/templates/${template.id}`, { method: 'DELETE', query: { confirmed: true } });
found({
    limited: (await make.publicTemplates.list({ pg: { limit: 3 } })).length,
    first,
    byName: (await make.publicTemplates.list({ name: first.name })).map(one => one.id),
    read: await make.publicTemplates.get(first.url),
    blueprint: await make.publicTemplates.getBlueprint(first.url),
    template,
    scenario: { name: scenario.name, scheduling: scenario.scheduling },
});
