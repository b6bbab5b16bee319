//! What each role may do: the one table.

use flow::api::Role;

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look at flows, versions, runs and node kinds.
    Read,
    /// Draw, save, publish and delete flows.
    ChangeFlows,
    /// Start, cancel and retry runs, listen for test calls, preview expressions.
    Run,
    /// See credentials' names, choose, make and change them. Their values are never shown to anybody.
    UseCredentials,
    /// Invite, change and remove users.
    ManageUsers,
    /// Make and delete API keys.
    ManageKeys,
}

impl Action {
    pub const ALL: [Self; 6] =
        [Self::Read, Self::ChangeFlows, Self::Run, Self::UseCredentials, Self::ManageUsers, Self::ManageKeys];

    /// The least role that may.
    pub fn needs(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::ChangeFlows | Self::Run | Self::UseCredentials => Role::Editor,
            Self::ManageUsers | Self::ManageKeys => Role::Owner,
        }
    }
}

/// Whether `role` may do this. Each role may do what the lesser ones may.
pub fn can(role: Role, action: Action) -> bool {
    role >= action.needs()
}
