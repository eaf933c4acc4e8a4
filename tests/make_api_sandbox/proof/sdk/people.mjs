// Organizations, teams, roles and the caller.
import { found, make, refusal } from './client.mjs';

const organizations = await make.organizations.list();
const [home] = organizations;
const created = await make.teams.create({ name: 'Proofreaders', organizationId: home.id });
const listed = await make.teams.list(home.id);
const team = await make.teams.get(created.id);
await make.teams.delete(created.id);
const roles = await make.roles.list();

found({
    organizations: organizations.map(one => one.name),
    organization: await make.organizations.get(home.id),
    listed: listed.map(one => one.name),
    team,
    gone: await refusal(make.teams.get(created.id)),
    me: await make.users.me(),
    authorization: await make.users.currentAuthorization(),
    roles: roles.map(one => one.name),
    role: await make.roles.get(roles[0].id),
    permissions: (await make.roles.permissions({ roleCategory: 'team' })).length,
});
