// On-premise agents and the systems they reach.
import { found, make, studio } from './client.mjs';

const { id: home } = await studio();

const agent = await make.onPremAgents.create(home, { name: 'Cellar' });
const renamed = await make.onPremAgents.update(home, agent.id, { name: 'Attic' });
const result = {
    agent,
    renamed: renamed.name,
    read: await make.onPremAgents.get(home, agent.id),
    listed: (await make.onPremAgents.list(home)).map(one => one.name),
    config: await make.onPremAgents.getAppConfig(home, agent.id, 'http'),
};
const inputs = Object.fromEntries(
    result.config[0].spec.map(field => [field.name, 'https://stock.example.com'])
);
const system = await make.connectedSystems.create(home, {
    name: 'Stock',
    agentId: agent.id,
    appName: 'http',
    inputs,
});
result.system = system;
result.systems = (await make.connectedSystems.list(home, agent.id)).map(one => one.name);
result.systemRead = await make.connectedSystems.get(home, system.id);
result.systemGone = (await make.connectedSystems.delete(home, system.id)) === system.id;
result.gone = (await make.onPremAgents.delete(home, agent.id)) === agent.id;
found(result);
