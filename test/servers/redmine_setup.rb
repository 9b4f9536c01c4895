# What a fresh Redmine of the tests has: the default trackers, statuses and priorities, REST switched on, a key for admin and
# one for Ann (a manager, who plays the other user), project `shop`, and a text field `Origin` of all issues. Run by redmine.py:
#   ruby -r ./config/environment redmine_setup.rb KEY_OF_ADMIN KEY_OF_ANN
admin_key, ann_key = ARGV
Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'
Setting.notified_events = []
Setting.default_language = 'en'

def key_of(user, value)
  Token.where(user_id: user.id, action: 'api').delete_all
  Token.create!(user: user, action: 'api')
  Token.where(user_id: user.id, action: 'api').update_all(value: value)
end

admin = User.find_by!(login: 'admin')
admin.update_columns(must_change_passwd: false)
key_of(admin, admin_key)
ann = User.new(firstname: 'Ann', lastname: 'Other', mail: 'ann@example.com', language: 'en')
ann.login = 'ann'
ann.password = ann.password_confirmation = SecureRandom.hex(16)
ann.save!
key_of(ann, ann_key)

field = IssueCustomField.create!(name: 'Origin', field_format: 'string', is_for_all: true, is_filter: true,
                                 tracker_ids: Tracker.pluck(:id))
project = Project.new(name: 'Shop', identifier: 'shop', enabled_module_names: %w[issue_tracking])
project.trackers = Tracker.all
project.issue_custom_fields << field
project.save!
Member.create!(project: project, principal: ann, roles: [Role.find_by!(name: 'Manager')])
