// A scenario from its creation over its first answers to its end.
import { found, make, refusal } from './client.mjs';

const designer = { designer: { x: 0, y: 0 } };
const inputs = [
    { name: 'net', type: 'number', required: true },
    { name: 'customer', type: 'text', required: true },
];
const outputs = [
    { name: 'gross', type: 'number' },
    { name: 'note', type: 'text' },
];
const blueprint = {
    name: 'Price with tax',
    flow: [
        {
            id: 1,
            module: 'scenario-service:StartSubscenario',
            version: 1,
            parameters: {},
            mapper: {},
            metadata: designer,
        },
        {
            id: 2,
            module: 'scenario-service:ReturnData',
            version: 1,
            parameters: {},
            mapper: { gross: '{{round(var.input.net * 1.25)}}', note: 'for {{var.input.customer}}' },
            metadata: { ...designer, expect: outputs },
        },
    ],
    metadata: { version: 1, scenario: {}, designer: { orphans: [] } },
};
const folder = await make.folders.create({ name: 'Prices', teamId: 1 });
const created = await make.scenarios.create({
    teamId: 1,
    folderId: folder.id,
    blueprint,
    scheduling: { type: 'on-demand' },
});
const id = created.id;
const declared = await make.scenarios.setInterface(id, {
    interface: { input: inputs, output: outputs },
});
const activated = await make.scenarios.activate(id);
const run = await make.scenarios.run(id, { net: 80, customer: 'Ada' });
const incomplete = await refusal(make.scenarios.run(id, { net: 80 }));
const renamed = await make.scenarios.update(id, { name: 'Gross price' });
const executions = await make.executions.list(id, { pg: { limit: 20 } });
const runs = executions.filter(one => one.eventType === 'EXECUTION_END');
const shown = await make.blueprints.get(id);

const result = {
    created,
    declared,
    interface: await make.scenarios.getInterface(id),
    activated,
    run,
    incomplete,
    renamed: renamed.name,
    runs,
    entry: await make.executions.get(id, run.executionId),
    detail: await make.executions.getDetail(id, run.executionId),
    shown,
    versions: await make.blueprints.versions(id),
    inFolder: (await make.scenarios.list(1, { pg: { limit: 500 } })).filter(
        one => one.folderId === folder.id
    ).length,
    everywhere: (await make.scenarios.listInOrganization(1, { cols: ['id'] })).some(
        one => one.id === id
    ),
    incompletes: await make.incompleteExecutions.list(id),
    deactivated: await make.scenarios.deactivate(id),
};
await make.scenarios.delete(id);
await make.folders.delete(folder.id);
found({ ...result, gone: await refusal(make.scenarios.get(id)) });
