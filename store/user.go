package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// NewUser is a member of staff to be added.
type NewUser struct {
	Name    string // what the user logs in with
	OSUser  string // whose connections on the Unix socket are this user's; may be empty
	Members []ngo.Member
}

const insertUser = `
insert into app_user (id, name, os_user, created)
values ($1, $2, $3, $4)
on conflict do nothing`

// AddUser adds a member of staff, without a password. It fails with Invalid, or with Conflict when the name or the
// operating system's user is taken.
func (s *Store) AddUser(ctx context.Context, actor string, n NewUser) (ngo.User, error) {
	if n.Name == "" || n.Name != ngo.Printable(n.Name) {
		return ngo.User{}, &ngo.Error{Code: ngo.Invalid, Message: "a user needs a name of plain signs", Hint: "ngoctl user add meena --role finance"}
	}
	now := instant(s.now())
	u := ngo.User{ID: ngo.NewID[ngo.UserID](now), Name: n.Name, OSUser: n.OSUser, Created: now, Members: n.Members}
	err := s.write(ctx, actor, func(t trail) error {
		added, err := t.exec("add user", insertUser, string(u.ID), u.Name, orNull(u.OSUser), ngo.Stamp(u.Created))
		if err != nil {
			return err
		}
		if added == 0 {
			return &ngo.Error{Code: ngo.Conflict, Message: "there is a user " + u.Name + " already, or another one stands for " + u.OSUser, Hint: "ngoctl user list"}
		}
		t.audit("user.add", string(u.ID), nil, facts{{"name", u.Name}, {"os_user", u.OSUser}})
		t.changed("user", string(u.ID))
		for _, m := range u.Members {
			if err := t.setMember(u.ID, m); err != nil {
				return err
			}
		}
		return nil
	})
	return u, err
}

const (
	writeMember = `
insert into member (user_id, org, role)
values ($1, $2, $3)
on conflict (user_id, org) do update
set role = excluded.role`

	deleteMember = `
delete from member
where user_id = $1 and org = $2`
)

func (t trail) setMember(user ngo.UserID, m ngo.Member) error {
	if m.Role == "" {
		if err := t.must("role of user", string(user), deleteMember, string(user), m.Org); err != nil {
			return err
		}
	} else if !slices.Contains(ngo.Roles[:], m.Role) {
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%q is not a role", ngo.Printable(string(m.Role))), Hint: fmt.Sprintf("choose one of %v", ngo.Roles)}
	} else if _, err := t.exec("write role", writeMember, string(user), m.Org, string(m.Role)); err != nil {
		return err
	}
	t.audit("user.role", string(user), nil, facts{{"org", m.Org}, {"role", string(m.Role)}})
	t.changed("user", string(user))
	return nil
}

// SetMember gives a user a role in an organisation; an empty role takes it away. It fails with NotFound or Invalid.
func (s *Store) SetMember(ctx context.Context, actor string, user ngo.UserID, m ngo.Member) error {
	return s.write(ctx, actor, func(t trail) error {
		if _, err := get(t.w, "user", string(user), scanUser, selectUserByID, string(user)); err != nil {
			return err
		}
		return t.setMember(user, m)
	})
}

const (
	setDisabled = `
update app_user
set disabled = $2
where id = $1`

	setPassword = `
update app_user
set password = $2
where id = $1`

	endTokens = `
update token
set revoked = $2
where user_id = $1 and revoked is null`
)

// SetDisabled locks a user out, or lets him in again: tokens and log-in stop working with this commit.
func (s *Store) SetDisabled(ctx context.Context, actor string, user ngo.UserID, disabled bool) error {
	return s.write(ctx, actor, func(t trail) error {
		if err := t.must("user", string(user), setDisabled, string(user), boolInt(disabled)); err != nil {
			return err
		}
		t.audit("user.disable", string(user), nil, facts{{"disabled", disabled}})
		t.changed("user", string(user))
		return nil
	})
}

// SetPassword keeps the PHC string that the caller made of a password, and ends the user's tokens in the same commit:
// whoever got in with the old password is out.
func (s *Store) SetPassword(ctx context.Context, actor string, user ngo.UserID, phc string) error {
	return s.write(ctx, actor, func(t trail) error {
		if err := t.must("user", string(user), setPassword, string(user), phc); err != nil {
			return err
		}
		if _, err := t.exec("end tokens", endTokens, string(user), t.stamp()); err != nil {
			return err
		}
		t.audit("user.password", string(user), nil, nil)
		t.changed("user", string(user))
		return nil
	})
}

const userColumns = `id, name, coalesce(os_user, ''), disabled, created`

func scanUser(s scanner) (u ngo.User, err error) {
	return u, s.Scan(&u.ID, &u.Name, &u.OSUser, &u.Disabled, at(&u.Created))
}

const (
	listUsers = `
select ` + userColumns + `
from app_user
order by name`

	selectUser = `
select ` + userColumns + `
from app_user
where name = $1`

	selectUserByID = `
select ` + userColumns + `
from app_user
where id = $1`

	selectUserByOS = `
select ` + userColumns + `
from app_user
where os_user = $1`

	listMembers = `
select user_id, org, role
from member
where $1 = '' or user_id = $1
order by user_id, org`

	selectPassword = `
select password
from app_user
where id = $1`
)

type membership struct {
	user ngo.UserID
	ngo.Member
}

func scanMember(s scanner) (m membership, err error) { return m, s.Scan(&m.user, &m.Org, &m.Role) }

// withMembers gives each user the roles that are his.
func withMembers(c Conn, only ngo.UserID, users []ngo.User) error {
	members, err := all(c, "roles", scanMember, listMembers, string(only))
	for i := range users {
		for _, m := range members {
			if m.user == users[i].ID {
				users[i].Members = append(users[i].Members, m.Member)
			}
		}
	}
	return err
}

func oneUser(c Conn, by, query string) (ngo.User, error) {
	u, err := get(c, "user", by, scanUser, query, by)
	if err != nil {
		return u, err
	}
	users := []ngo.User{u}
	err = withMembers(c, u.ID, users)
	return users[0], err
}

// Users lists everybody by name, with roles.
func (s *Store) Users(ctx context.Context) (users []ngo.User, err error) {
	err = s.engine.Read(ctx, func(c Conn) error {
		if users, err = all(c, "users", scanUser, listUsers); err != nil {
			return err
		}
		return withMembers(c, "", users)
	})
	return users, err
}

// User gives the user with this name.
func (s *Store) User(ctx context.Context, name string) (ngo.User, error) {
	return s.readUser(ctx, name, selectUser)
}

// UserByID gives the user with this id.
func (s *Store) UserByID(ctx context.Context, id ngo.UserID) (ngo.User, error) {
	return s.readUser(ctx, string(id), selectUserByID)
}

// UserByOS gives the user who stands for a user of the operating system.
func (s *Store) UserByOS(ctx context.Context, osName string) (ngo.User, error) {
	return s.readUser(ctx, osName, selectUserByOS)
}

func (s *Store) readUser(ctx context.Context, by, query string) (u ngo.User, err error) {
	err = s.engine.Read(ctx, func(c Conn) error {
		u, err = oneUser(c, by, query)
		return err
	})
	return u, err
}

// PasswordOf gives a user and the PHC string of his password, empty if he has none.
func (s *Store) PasswordOf(ctx context.Context, name string) (u ngo.User, phc string, err error) {
	err = s.engine.Read(ctx, func(c Conn) error {
		if u, err = oneUser(c, name, selectUser); err != nil {
			return err
		}
		phc, err = get(c, "user", name, scanOne[string], selectPassword, string(u.ID))
		return err
	})
	return u, phc, err
}
