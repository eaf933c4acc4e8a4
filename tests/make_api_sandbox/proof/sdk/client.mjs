// Make's SDK as its users set it up, and how a script hands over what it found.
import { Make } from '@makehq/sdk';

export const make = new Make(process.env.MAKE_API_KEY, process.env.MAKE_ZONE);
export const given = JSON.parse(process.argv[2] ?? '{}');

export function found(result) {
    process.stdout.write(JSON.stringify(result));
}

// The second organization, in which nothing of its kind has been made yet, and its team.
export async function studio() {
    const [, { id }] = await make.organizations.list();
    const [team] = await make.teams.list(id);
    return { id, team: team.id };
}

// What a call was refused with: status and text, as the SDK tells them.
export async function refusal(promise) {
    try {
        await promise;
    } catch (error) {
        return { status: error.statusCode, text: error.message };
    }
    return null;
}
