// On-premise agents and the systems they reach.
import { found, make } from './client.mjs';

const agent = await make.onPremAgents.create(1, { name: 'Cellar' });
const renamed = await make.onPremAgents.update(1, agent.id, { name: 'Attic' });
const result = {
    agent,
    renamed: renamed.name,
    read: await make.onPremAgents.get(1, agent.id),
    listed: (await make.onPremAgents.list(1)).map(one => one.name),
    config: await make.onPremAgents.getAppConfig(1, agent.id, 'http'),
};
const inputs = Object.fromEntries(
    result.config[0].spec.map(field => [field.name, 'https://stock.example.com'])
);
const system = await make.connectedSystems.create(1, {
    name: 'Stock',
    agentId: agent.id,
    appName: 'http',
    inputs,
});
result.system = system;
result.systems = (await make.connectedSystems.list(1, agent.id)).map(one => one.name);
result.systemRead = await make.connectedSystems.get(1, system.id);
result.systemGone = (await make.connectedSystems.delete(1, system.id)) === system.id;
result.gone = (await make.onPremAgents.delete(1, agent.id)) === agent.id;
found(result);
