// Makes the roles and users of /access/access.json, or brings those that there are up to it; for mongosh.
const fs = require("fs")
const secret = (name) => fs.readFileSync(`/run/secrets/mongodb-users/${name}`, "utf8").trim()

const admin = connect(secret("admin-url")).getSiblingDB("admin")
const access = JSON.parse(fs.readFileSync("/access/access.json", "utf8"))

const run = (command) => {
  const answer = admin.runCommand(command)
  if (answer.ok !== 1) throw new Error(`${Object.keys(command)[0]} was refused: ${answer.codeName}`)
  return answer
}

for (const { role, roles } of access.roles) {
  const known = run({ rolesInfo: { role, db: "admin" } }).roles.length > 0
  run({ [known ? "updateRole" : "createRole"]: role, privileges: [], roles })
}
for (const { user, password, roles } of access.users) {
  const known = run({ usersInfo: { user, db: "admin" } }).users.length > 0
  run({ [known ? "updateUser" : "createUser"]: user, pwd: secret(password), roles })
}
print(`${access.roles.length} roles and ${access.users.length} users are as access.json says`)
